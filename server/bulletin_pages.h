#pragma once

// The bulletin over HTTP. It makes the same calls as any client, and keeps what it made: readers who
// reload do not load the database, and while the database is slow they see the bulletin of a moment
// ago. It is thread safe, and Get blocks on those calls.
//
// Maps of rates take the server seconds to draw, so no page waits for one: a thread of its own asks
// for those that the newest bulletin has a place for, one after the other, and until then the page
// says that they are not there yet. Nobody reading, nothing is drawn.

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

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
  ~BulletinPages();  // StopDrawing
  BulletinPages(const BulletinPages&) = delete;
  BulletinPages& operator=(const BulletinPages&) = delete;

  // 404: no such page. 503: the calls failed; the page says why.
  HttpAnswer Get(const HttpRequest& request);
  // Asks for no more maps, so that the server may drain. Idempotent; blocks for a call that is
  // being cancelled.
  void StopDrawing();

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
  // Gives the regions their maps as far as they are there, and has the others drawn.
  void AddRates(bulletin::Bulletin* bulletin);
  void DrawRates();

  const std::shared_ptr<grpc::Channel> channel_;
  const Clock& clock_;
  const bool replay_;
  // At most this old without a look for a newer one. The weeks of a replay pass within seconds.
  const absl::Duration kept_for_;
  absl::Mutex mutex_;
  std::shared_ptr<Edition> newest_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status last_ ABSL_GUARDED_BY(mutex_);  // how the last reading ended
  // By forecast, those of the newest bulletin alone; null: it cannot be had.
  std::map<std::string, std::shared_ptr<const v1::RateMap>> rates_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> wanted_ ABSL_GUARDED_BY(mutex_);  // forecasts to ask for
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::ClientContext> asking_ ABSL_GUARDED_BY(mutex_);  // the call that is being made
  std::thread drawer_;
};

}  // namespace tremorcast
