#pragma once

// The bulletin over HTTP. It makes the same calls as any client. It is thread safe, and Get blocks
// on those calls.

#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>

#include "bulletin/data.h"
#include "core/base/clock.h"
#include "server/telemetry/http_server.h"

namespace tremorcast {

class BulletinPages {
 public:
  // Paths served: "/" and what bulletin/site.h names below it.
  static constexpr char kPattern[] = R"(/|/[A-Za-z0-9._-]+\.(html|geojson|json|csv|txt|dat))";

  // `clock` must outlive the pages. `replay`: it is a replay's, and the pages say so.
  BulletinPages(std::shared_ptr<grpc::Channel> channel, const Clock& clock, bool replay);

  // 404: no such page. 503: the calls failed; the page says why.
  HttpPage Get(const HttpRequest& request);

 private:
  grpc::Status Read(std::shared_ptr<const bulletin::Bulletin>* bulletin);

  const std::shared_ptr<grpc::Channel> channel_;
  const Clock& clock_;
  const bool replay_;
  // At most this old: readers who reload do not load the database. The weeks of a replay pass
  // within seconds.
  const absl::Duration kept_for_;
  absl::Mutex mutex_;
  std::shared_ptr<const bulletin::Bulletin> kept_ ABSL_GUARDED_BY(mutex_);
  absl::Time kept_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // by the process's own clock
};

}  // namespace tremorcast
