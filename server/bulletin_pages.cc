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
// Behind other drawings.
constexpr absl::Duration kDrawingTimeout = absl::Minutes(2);

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
      kept_for_(replay ? absl::Seconds(1) : absl::Seconds(20)),
      drawer_([this] { DrawRates(); }) {}

BulletinPages::~BulletinPages() { StopDrawing(); }

void BulletinPages::StopDrawing() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (asking_ != nullptr) asking_->TryCancel();
  }
  if (drawer_.joinable()) drawer_.join();
}

void BulletinPages::AddRates(bulletin::Bulletin* bulletin) {
  absl::MutexLock lock(&mutex_);
  std::map<std::string, std::shared_ptr<const v1::RateMap>> known;
  known.swap(rates_);
  wanted_.clear();
  for (bulletin::RegionBulletin& region : bulletin->regions) {
    if (region.rated() == nullptr) continue;
    const std::string& forecast = region.rated()->name();
    if (const auto at = known.find(forecast); at != known.end()) {
      region.rates = at->second;
      rates_.insert(*at);
    } else {
      region.drawing = true;
      wanted_.push_back(forecast);
    }
  }
}

void BulletinPages::DrawRates() {
  const auto woken = [this] {
    mutex_.AssertHeld();
    return stopping_ || !wanted_.empty();
  };
  for (;;) {
    std::string forecast;
    grpc::ClientContext* context = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&woken));
      if (stopping_) return;
      forecast = wanted_.front();
      wanted_.erase(wanted_.begin());
      asking_ = std::make_unique<grpc::ClientContext>();
      asking_->set_deadline(absl::ToChronoTime(absl::Now() + kDrawingTimeout));
      context = asking_.get();
    }
    auto map = std::make_shared<v1::RateMap>();
    const grpc::Status status = bulletin::FetchRates(channel_, forecast, context, map.get());
    absl::MutexLock lock(&mutex_);
    asking_ = nullptr;
    if (status.ok()) {
      rates_[forecast] = std::move(map);
    } else if (bulletin::HasNoRates(status)) {
      rates_[forecast] = nullptr;
    } else {
      continue;  // the next bulletin asks again
    }
    // The next reader is to see what was drawn.
    if (wanted_.empty() && newest_ != nullptr) newest_->read_at -= kept_for_;
  }
}

grpc::Status BulletinPages::ReadNew(std::shared_ptr<Edition>* edition) {
  bulletin::FetchOptions options;
  options.call_timeout = kCallTimeout;
  auto fresh = std::make_shared<Edition>();
  RETURN_IF_ERROR(bulletin::Fetch(channel_, options, clock_.Now(), &fresh->bulletin));
  AddRates(&fresh->bulletin);
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
