#pragma once

// The bulletin over HTTP. It makes the same calls as any client, and keeps what it made: readers who
// reload do not load the database, and while the database is slow they see the bulletin of a moment
// ago. It is thread safe, and Get blocks on those calls.

#include <map>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>

#include "bulletin/data.h"
#include "core/base/clock.h"
#include "server/telemetry/http_message.h"

namespace tremorcast {

class BulletinPages {
 public:
  // Paths served: "/" and what bulletin/site.h names below it.
  static constexpr char kPattern[] = R"(/|/[A-Za-z0-9._-]+\.(html|geojson|json|csv|txt|dat))";

  // `clock` must outlive the pages. `replay`: it is a replay's, and the pages say so.
  BulletinPages(std::shared_ptr<grpc::Channel> channel, const Clock& clock, bool replay);

  // 404: no such page. 503: the calls failed; the page says why.
  HttpAnswer Get(const HttpRequest& request);

 private:
  // A bulletin and the files that were asked of it; at most as many as it has.
  struct Edition {
    bulletin::Bulletin bulletin;
    absl::Time read_at;  // by the process's own clock
    absl::Mutex mutex;
    std::map<std::string, HttpAnswer, std::less<>> files ABSL_GUARDED_BY(mutex);
  };

  grpc::Status Newest(std::shared_ptr<Edition>* edition);
  grpc::Status ReadNew(std::shared_ptr<Edition>* edition);
  HttpAnswer Make(const bulletin::Bulletin& bulletin, absl::string_view name);

  const std::shared_ptr<grpc::Channel> channel_;
  const Clock& clock_;
  const bool replay_;
  // At most this old without a look for a newer one. The weeks of a replay pass within seconds.
  const absl::Duration kept_for_;
  absl::Mutex mutex_;
  std::shared_ptr<Edition> newest_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status last_ ABSL_GUARDED_BY(mutex_);  // how the last reading ended
};

}  // namespace tremorcast
