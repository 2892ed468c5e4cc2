#include "server/bulletin_pages.h"

#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>

#include "bulletin/site.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(20);

HttpPage Plain(int code, std::string text) { return {code, "text/plain; charset=utf-8", std::move(text)}; }

// What a call's message may hold is for the log of who called; a page is read by anybody.
HttpPage Unavailable(const grpc::Status& status) {
  return Plain(503, absl::StrCat("The bulletin cannot be made now (code ", status.error_code(),
                                 "): the service does not answer. See /readyz.\n"));
}

}  // namespace

BulletinPages::BulletinPages(std::shared_ptr<grpc::Channel> channel, const Clock& clock, bool replay)
    : channel_(std::move(channel)),
      clock_(clock),
      replay_(replay),
      kept_for_(replay ? absl::Seconds(1) : absl::Seconds(20)) {}

grpc::Status BulletinPages::Read(std::shared_ptr<const bulletin::Bulletin>* bulletin) {
  absl::MutexLock lock(&mutex_);  // one at a time reads, the others take what it got
  if (kept_ == nullptr || absl::Now() - kept_at_ > kept_for_) {
    bulletin::FetchOptions options;
    options.call_timeout = kCallTimeout;
    auto fresh = std::make_shared<bulletin::Bulletin>();
    RETURN_IF_ERROR(bulletin::Fetch(channel_, options, clock_.Now(), fresh.get()));
    fresh->replay = replay_;
    kept_ = std::move(fresh);
    kept_at_ = absl::Now();
  }
  *bulletin = kept_;
  return grpc::Status::OK;
}

HttpPage BulletinPages::Get(const HttpRequest& request) {
  absl::string_view name = request.path;
  absl::ConsumePrefix(&name, "/");
  if (name.empty()) name = "index.html";
  std::shared_ptr<const bulletin::Bulletin> bulletin;
  if (const grpc::Status status = Read(&bulletin); !status.ok()) return Unavailable(status);
  grpc::Status broken;
  const bulletin::WindowSource windows = [&](const std::string& station) -> std::optional<v1::StationWindow> {
    v1::StationWindow window;
    const grpc::Status status = bulletin::FetchWindow(channel_, *bulletin, station, kCallTimeout, &window);
    if (status.ok()) return window;
    if (status.error_code() != grpc::StatusCode::NOT_FOUND) broken = status;
    return std::nullopt;
  };
  std::optional<bulletin::File> file = bulletin::Render(*bulletin, name, windows);
  if (!broken.ok()) return Unavailable(broken);
  if (!file.has_value()) return Plain(404, "There is no such page. The bulletin begins at /\n");
  return {200, std::move(file->content_type), std::move(file->body)};
}

}  // namespace tremorcast
