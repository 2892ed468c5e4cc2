#include "server/bulletin_pages.h"

#include <optional>
#include <utility>

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>

#include "bulletin/site.h"
#include "core/base/digest.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(10);
// How old a bulletin may be shown while somebody reads a newer one.
constexpr absl::Duration kShownFor = absl::Minutes(1);

// What a call's message may hold is for the log of who called; a page is read by anybody.
HttpAnswer Unavailable(const grpc::Status& status) {
  return PlainAnswer(503, absl::StrCat("The bulletin cannot be made now (code ", status.error_code(),
                                       "): the service does not answer. See /readyz.\n"));
}

}  // namespace

BulletinPages::BulletinPages(std::shared_ptr<grpc::Channel> channel, const Clock& clock, bool replay)
    : channel_(std::move(channel)),
      clock_(clock),
      replay_(replay),
      kept_for_(replay ? absl::Seconds(1) : absl::Seconds(20)) {}

grpc::Status BulletinPages::ReadNew(std::shared_ptr<Edition>* edition) {
  bulletin::FetchOptions options;
  options.call_timeout = kCallTimeout;
  auto fresh = std::make_shared<Edition>();
  RETURN_IF_ERROR(bulletin::Fetch(channel_, options, clock_.Now(), &fresh->bulletin));
  fresh->bulletin.replay = replay_;
  fresh->read_at = absl::Now();
  *edition = std::move(fresh);
  return grpc::Status::OK;
}

grpc::Status BulletinPages::Newest(std::shared_ptr<Edition>* edition) {
  {
    absl::MutexLock lock(&mutex_);
    const auto younger_than = [&](absl::Duration age) {
      mutex_.AssertHeld();
      return newest_ != nullptr && absl::Now() - newest_->read_at <= age;
    };
    *edition = newest_;
    if (younger_than(kept_for_) || (reading_ && younger_than(kShownFor))) return grpc::Status::OK;
    if (reading_) {  // one at a time reads; the others take what it got
      const auto read = [this] {
        mutex_.AssertHeld();
        return !reading_;
      };
      mutex_.Await(absl::Condition(&read));
      *edition = newest_;
      return last_;
    }
    reading_ = true;
    last_ = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the reading ended without an answer");
  }
  // Also when the reading throws: the others wait for it.
  const absl::Cleanup done = [this] {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
  };
  grpc::Status status = ReadNew(edition);
  absl::MutexLock lock(&mutex_);
  last_ = status;
  if (status.ok()) newest_ = *edition;
  return status;
}

HttpAnswer BulletinPages::Get(const HttpRequest& request) {
  absl::string_view name = request.path;
  absl::ConsumePrefix(&name, "/");
  if (name.empty()) name = "index.html";
  std::shared_ptr<Edition> edition;
  if (const grpc::Status status = Newest(&edition); !status.ok()) return Unavailable(status);
  {
    absl::MutexLock lock(&edition->mutex);
    if (const auto made = edition->files.find(name); made != edition->files.end()) return made->second;
  }
  HttpAnswer page = Make(edition->bulletin, name);
  if (page->code == 200) {
    absl::MutexLock lock(&edition->mutex);
    edition->files.emplace(name, page);
  }
  return page;
}

HttpAnswer BulletinPages::Make(const bulletin::Bulletin& bulletin, absl::string_view name) {
  grpc::Status broken;
  const bulletin::WindowSource windows = [&](const std::string& station) -> std::optional<v1::StationWindow> {
    v1::StationWindow window;
    const grpc::Status status = bulletin::FetchWindow(channel_, bulletin, station, kCallTimeout, &window);
    if (status.ok()) return window;
    if (status.error_code() != grpc::StatusCode::NOT_FOUND) broken = status;
    return std::nullopt;
  };
  std::optional<bulletin::File> file = bulletin::Render(bulletin, name, windows);
  if (!broken.ok()) return Unavailable(broken);
  if (!file.has_value()) return PlainAnswer(404, "There is no such page. The bulletin begins at /\n");
  std::string etag = absl::StrCat("\"", Sha256Hex(file->body).substr(0, 32), "\"");
  return std::make_shared<const HttpPage>(
      HttpPage{200, std::move(file->content_type), std::move(file->body), std::move(etag)});
}

}  // namespace tremorcast
