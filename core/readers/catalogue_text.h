#pragma once

// What a reader makes of an earthquake catalogue, whatever its format, and the rules that all
// readers share. Pure; use by one thread at a time.
//
// Nothing vanishes: a record is an event, something else than an earthquake, a line that was lost,
// or a comment that is counted. A record is lost only where time, place or magnitude cannot be
// known; a depth, a type, an id or a name that makes no sense, or is longer than the service takes,
// is left out and noted, and the event stays. In texts a space stands for each character that is not
// to be seen (core/base/plain_text.h).
//
// An event of a catalogue without ids is named by time and rounded place, so that a later export
// with a corrected magnitude revises it; where one file lists several events of the same name, the
// largest keeps it and the others get their magnitude appended, whatever their order. Of several
// records of one id the one stands that the catalogue updated last, else the last; the others are
// listed, and one that is plainly another earthquake is lost.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"
#include "core/readers/csv_records.h"

namespace tremorcast {

enum class CatalogueFormat : int8_t {
  kOwn,        // what `catalog export` writes; nothing is lost in it
  kFdsnText,   // FDSN event text; source "fdsn:<catalog>", else by contributor or author
  kComcat,     // ComCat CSV; source "comcat"
  kLibcomcat,  // what libcomcat's getcsv writes; source "comcat"
  kGeonet,     // GeoNet quakesearch CSV; source "geonet"
  kEqlst,      // AETA eqlst CSV, UTC+8; source "eqlst"
  kCenc,       // CENC CSV with English or Chinese names, UTC+8 to the minute or second; source "cenc"
  kEmsc,       // EMSC CSV with date and time apart; source "emsc"
  kCsep,       // CSEP and pyCSEP: lon,lat,mag,time_string,depth,catalog_id,event_id; source to be said
  kZmap,       // ZMAP: ten columns of numbers or more, without a header; source to be said
  kGeojson,    // GeoJSON of ComCat, GeoNet, EMSC or INGV; source by its publisher
  kQuakeml,    // QuakeML, basic event description; source "fdsn:<agency>"
};
// "own", "fdsn", "comcat", ...: what a flag says.
absl::string_view CatalogueFormatName(CatalogueFormat format);
// "FDSN event text": for people.
absl::string_view CatalogueFormatTitle(CatalogueFormat format);
std::optional<CatalogueFormat> ParseCatalogueFormat(absl::string_view name);
std::vector<std::string> CatalogueFormatNames();

// A record that gave no event, with what could be read of it.
// `not_before` and `not_after` are its own time or, where that is what cannot be read, those of its
// neighbours in a list in order of time.
struct BadEvent : BadLine, LostEvent {
  bool lost = true;  // it may have been an earthquake that counts; else another line says more of it
};

// A record that the catalogue itself calls something else than an earthquake, or has withdrawn
// without saying where it was. It may have been listed as an earthquake before, and then it is one no
// more.
struct OtherEvent {
  int64_t line = 0;
  std::string type;  // lower case, as the catalogue says it: "quarry blast", "not existing", "deleted"
  std::string source;
  std::string id;  // as an earthquake's; "" where the file lists one of that name, or nothing makes one
  std::optional<absl::Time> updated;
};

struct CatalogueText {
  CatalogueFormat format = CatalogueFormat::kCenc;
  std::vector<SeismicEvent> events;  // file order
  std::vector<OtherEvent> others;    // file order
  std::vector<BadEvent> bad_lines;   // line order
  std::vector<BadLine> left_out;     // fields without which an event could do
  int64_t comments = 0;              // lines
};
// `others` that have a name: what the service should take out if it took them for earthquakes before.
std::vector<EventWithdrawal> Withdrawals(const CatalogueText& text);

struct CatalogueOptions {
  std::optional<CatalogueFormat> format;  // taken as this; else it is found out
  std::string source;                     // of every event, instead of the format's own
  // Later events than this and a day are misdated. A reader has no clock.
  absl::Time now = absl::InfiniteFuture();
  std::string otherwise = "";  // source of events whose file does not say; empty: such a file is refused
};

// One record as a reader found it. Texts are as written, empty where the catalogue says nothing.
struct EventRecord {
  int64_t line = 0;
  std::string where;  // said before a reason, where a line number would say little: "feature 3 (us7000)"
  std::string source, id;
  std::optional<absl::Time> time;
  std::optional<absl::Time> latest_time;  // of a lost record that says two times, the later
  std::string time_text;                  // for the report, where `time` is not set
  std::optional<absl::Time> updated;      // when the catalogue changed it last
  std::string latitude, longitude, magnitude, depth_km;
  std::string magnitude_type, place, type;
  bool deleted = false;
};

// Whether a catalogue's word for a kind of event means an earthquake; "" does.
bool IsEarthquakeType(absl::string_view type);

class CatalogueBuilder {
 public:
  CatalogueBuilder(CatalogueFormat format, const CatalogueOptions& options);
  void Add(EventRecord record);
  void AddComment() { ++text_.comments; }
  // The whole record cannot be taken apart. What was read of it may be set.
  void Lose(const EventRecord& record, absl::string_view reason);
  // InvalidArgument: a record does not say which catalogue it is of, and nobody else does. One name for
  // all such files would let the id of one change the events of another.
  absl::StatusOr<CatalogueText> Finish() &&;

 private:
  // Of the events with an id, those that another record of that id stands for; lists them.
  std::set<size_t> SettleIds();

  CatalogueText text_;
  const CatalogueOptions options_;
  std::vector<int64_t> lines_;  // of text_.events
  std::string nameless_;        // the first record that does not say its catalogue
};

}  // namespace tremorcast
