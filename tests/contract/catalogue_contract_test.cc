#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/backend.h"
#include "tests/support/complete_until.h"

namespace tremorcast {
namespace {

Station SomeStation(const std::string& id) {
  Station station;
  station.id = StationId(id);
  station.title = "Mianyang, \"north\" \\ gate {1,2}";
  station.location = {31.4612345678901234, 104.7};
  station.valid_from = absl::FromUnixSeconds(1'500'000'000);
  return station;
}

class NetworkContractTest : public ContractTest {};

TEST_P(NetworkContractTest, GivesStationsBackAsTheyWereInIdOrder) {
  auto& network = backend_->network();
  Station second = SomeStation("b");
  second.sound_updating = false;
  second.valid_to = absl::FromUnixSeconds(1'600'000'000);
  second.simulated = true;
  ASSERT_TRUE(network.UpsertStation(second).ok());
  ASSERT_TRUE(network.UpsertStation(SomeStation("a")).ok());
  ASSERT_TRUE(network.UpsertStation(SomeStation("B")).ok());
  const auto stations = network.ListStations();
  ASSERT_TRUE(stations.ok()) << stations.status();
  ASSERT_EQ(stations->size(), 3u);
  EXPECT_EQ((*stations)[0].id, StationId("B")) << "ids are ordered bytewise";
  Station expected = SomeStation("a");
  expected.revision = 1;
  EXPECT_EQ((*stations)[1], expected);
  second.revision = 1;
  EXPECT_EQ((*stations)[2], second);
}

TEST_P(NetworkContractTest, WritesARevisionOnlyWhenAStationChanges) {
  auto& network = backend_->network();
  EXPECT_EQ(network.UpsertStation(SomeStation("a"))->revision, 1);
  EXPECT_EQ(network.UpsertStation(SomeStation("a"))->revision, 1);
  Station moved = SomeStation("a");
  moved.location.longitude_deg += 0.5;
  EXPECT_EQ(network.UpsertStation(moved)->revision, 2);
  moved.revision = 77;  // the store's business
  EXPECT_EQ(network.UpsertStation(moved)->revision, 2);
  EXPECT_EQ(network.ListStations()->front().location.longitude_deg, moved.location.longitude_deg);
}

TEST_P(NetworkContractTest, GivesRegionsBackAsTheyWere) {
  auto& network = backend_->network();
  Region region;
  region.id = RegionId("area-1");
  region.title = "一区";
  region.polygon = {{22.1, 98.000000000000014}, {22, 102}, {26, 102}};
  region.stations = {StationId("a"), StationId("b_2")};
  region.whole_network = true;
  EXPECT_EQ(network.UpsertRegion(region)->revision, 1);
  EXPECT_EQ(network.UpsertRegion(region)->revision, 1);
  region.stations.clear();
  EXPECT_EQ(network.UpsertRegion(region)->revision, 2);
  region.revision = 2;
  const auto regions = network.ListRegions();
  ASSERT_TRUE(regions.ok()) << regions.status();
  ASSERT_EQ(regions->size(), 1u);
  EXPECT_EQ(regions->front(), region);
}

TEST_P(NetworkContractTest, RefusesWhatIsNoStationOrRegion) {
  EXPECT_EQ(backend_->network().UpsertStation(SomeStation("no id!")).status().code(),
            absl::StatusCode::kInvalidArgument);
  Region line;
  line.id = RegionId("r");
  line.polygon = {{1, 1}, {2, 2}};
  EXPECT_EQ(backend_->network().UpsertRegion(line).status().code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Stores, NetworkContractTest, BothBackends(), BackendName);

absl::Time Day(int n) { return absl::FromUnixSeconds(1'600'000'000 + 86'400 * n); }

SeismicEvent SomeEvent(const std::string& id, int day, double magnitude, const std::string& source = "cenc") {
  SeismicEvent event;
  event.source = source;
  event.source_event_id = id;
  event.origin_time = Day(day) + absl::Microseconds(123456);
  event.epicenter = {30.1, 103.3};
  event.magnitude = magnitude;
  event.magnitude_type = "ML";
  event.place = "a, 'quoted' \"place\"";
  return event;
}

class EventContractTest : public ContractTest {
 protected:
  std::vector<std::string> List(const EventQuery& query) {
    std::vector<std::string> names;
    const auto events = backend_->events().List(query);
    EXPECT_TRUE(events.ok()) << events.status();
    EXPECT_EQ(backend_->events().Count(query).value_or(-1), static_cast<int64_t>(events->size()));
    for (const SeismicEvent& event : *events) {
      names.push_back(event.source + "/" + event.source_event_id + "/r" + std::to_string(event.revision));
    }
    return names;
  }
  ImportCounts Import(const std::vector<SeismicEvent>& events, absl::Time at) {
    const auto counts = backend_->events().Import(events, at);
    EXPECT_TRUE(counts.ok()) << counts.status();
    return counts.value_or(ImportCounts{});
  }
};

TEST_P(EventContractTest, ListsEventsInTimeOrder) {
  const ImportCounts counts =
      Import({SomeEvent("2", 5, 4), SomeEvent("1", 5, 3), SomeEvent("0", 7, 3), SomeEvent("9", 5, 3, "aaa")}, Day(10));
  EXPECT_EQ(counts.inserted, 4);
  EXPECT_THAT(List({}), testing::ElementsAre("aaa/9/r1", "cenc/1/r1", "cenc/2/r1", "cenc/0/r1"));
}

TEST_P(EventContractTest, LeavesOneSourceOut) {
  Import({SomeEvent("1", 5, 4), SomeEvent("2", 5, 3, "aaa")}, Day(10));
  EventQuery query;
  query.except_source = "aaa";
  EXPECT_THAT(List(query), testing::ElementsAre("cenc/1/r1"));
}

TEST_P(EventContractTest, GivesEventsBackAsTheyWere) {
  SeismicEvent event = SomeEvent("1", 5, 4.2999999999999998);
  event.depth_km = 10.1;
  Import({event, SomeEvent("2", 6, 3)}, Day(10));
  const auto events = backend_->events().List({});
  ASSERT_TRUE(events.ok()) << events.status();
  event.revision = 1;
  event.recorded_at = Day(10);
  EXPECT_EQ(events->front(), event);
  EXPECT_EQ(events->back().depth_km, std::nullopt);
}

TEST_P(EventContractTest, MakesARevisionOfAnEventThatDiffers) {
  Import({SomeEvent("1", 5, 4.0), SomeEvent("2", 6, 4.0)}, Day(10));
  const ImportCounts counts = Import({SomeEvent("1", 5, 4.1), SomeEvent("2", 6, 4.0), SomeEvent("3", 6, 4.0)}, Day(12));
  EXPECT_EQ(counts.revised, 1);
  EXPECT_EQ(counts.unchanged, 1);
  EXPECT_EQ(counts.inserted, 1);
  EXPECT_THAT(List({}), testing::ElementsAre("cenc/1/r2", "cenc/2/r1", "cenc/3/r1"));
  EventQuery then;
  then.as_of = Day(11);
  EXPECT_THAT(List(then), testing::ElementsAre("cenc/1/r1", "cenc/2/r1"));
}

TEST_P(EventContractTest, ComparesAnEventGivenTwiceInOneImportWithItself) {
  const ImportCounts counts = Import({SomeEvent("1", 5, 4.0), SomeEvent("1", 5, 4.0), SomeEvent("1", 5, 4.4)}, Day(10));
  EXPECT_EQ(counts.inserted, 1);
  EXPECT_EQ(counts.unchanged, 1);
  EXPECT_EQ(counts.revised, 1);
  EXPECT_THAT(List({}), testing::ElementsAre("cenc/1/r2"));
}

TEST_P(EventContractTest, LetsTheNewestRevisionDecideWhatAQuerySees) {
  Import({SomeEvent("1", 5, 4.0), SomeEvent("2", 5, 4.0), SomeEvent("3", 5, 2.0)}, Day(10));
  SeismicEvent withdrawn = SomeEvent("2", 5, 4.0);
  withdrawn.deleted = true;
  Import({SomeEvent("1", 5, 2.0), withdrawn}, Day(11));
  EventQuery large;
  large.min_magnitude = 3;
  EXPECT_THAT(List(large), testing::IsEmpty());
  large.include_deleted = true;
  EXPECT_THAT(List(large), testing::ElementsAre("cenc/2/r2"));
  large.as_of = Day(10);
  EXPECT_THAT(List(large), testing::ElementsAre("cenc/1/r1", "cenc/2/r1"));
}

TEST_P(EventContractTest, TakesOutWhatTheCatalogueWithdraws) {
  SeismicEvent event = SomeEvent("1", 5, 4.0);
  event.updated = Day(6) + absl::Microseconds(7);
  Import({event, SomeEvent("2", 5, 3.0), SomeEvent("1", 5, 4.5, "comcat")}, Day(10));
  const std::vector<EventWithdrawal> early = {{"cenc", "1", Day(6)}}, late = {{"cenc", "1", Day(7)}, {"cenc", "9", {}}};
  auto counts = backend_->events().Import(CatalogueImport{{}, early}, Day(11));
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->outdated, 1);
  counts = backend_->events().Import(CatalogueImport{{}, late}, Day(12));
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->withdrawn, 1);
  EXPECT_THAT(List({}), testing::ElementsAre("cenc/2/r1", "comcat/1/r1"));
  EventQuery all;
  all.include_deleted = true;
  EXPECT_THAT(List(all), testing::ElementsAre("cenc/1/r2", "cenc/2/r1", "comcat/1/r1"));
  EXPECT_EQ(backend_->events().List(all)->front().updated, Day(7));
  all.as_of = Day(11);
  EXPECT_EQ(backend_->events().List(all)->front().updated, Day(6) + absl::Microseconds(7));
  EXPECT_EQ(Import({event}, Day(13)).outdated, 1) << "an export of before the withdrawal";
}

TEST_P(EventContractTest, PagesFollowEachOtherWithoutGapOrRepeat) {
  std::vector<SeismicEvent> events;
  for (int i = 0; i < 23; ++i) events.push_back(SomeEvent(std::to_string(i), i % 4, 3.0, i % 3 == 0 ? "b" : "a"));
  Import(events, Day(10));
  SeismicEvent moved = SomeEvent("7", 9, 3.0, "a"), gone = SomeEvent("8", 0, 3.0, "a");
  gone.deleted = true;
  Import({moved, gone}, Day(11));
  const std::vector<std::string> whole = List({});
  ASSERT_EQ(whole.size(), 22u);
  EventQuery query;
  query.limit = 5;
  std::vector<std::string> paged;
  for (int page = 0; page < 5; ++page) {
    const auto read = backend_->events().List(query);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->size(), page < 4 ? 5u : 2u);
    for (const std::string& name : List(query)) paged.push_back(name);
    query.after = EventPosition{read->back().origin_time, read->back().source, read->back().source_event_id};
  }
  EXPECT_EQ(paged, whole);
}

TEST_P(EventContractTest, TellsWhatChangedSinceAnyMoment) {
  auto& events = backend_->events();
  const absl::Duration odd = absl::Microseconds(123456);
  EXPECT_EQ(events.ChangesAfter(std::nullopt)->sequence, 0);
  Import({SomeEvent("1", 5, 4.0), SomeEvent("2", 6, 4.0)}, Day(10));
  const int64_t first = events.ChangesAfter(std::nullopt)->sequence;
  EXPECT_THAT(events.ChangesAfter(std::nullopt)->origin_times, testing::IsEmpty());
  EXPECT_THAT(events.ChangesAfter(0)->origin_times, testing::ElementsAre(Day(5) + odd, Day(6) + odd));
  Import({SomeEvent("1", 5, 4.0)}, Day(11));
  EXPECT_THAT(events.ChangesAfter(first)->origin_times, testing::IsEmpty()) << "it is as it was";
  Import({SomeEvent("1", 9, 4.0)}, Day(9));  // by a clock that went back
  const auto moved = events.ChangesAfter(first);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_THAT(moved->origin_times, testing::ElementsAre(Day(5) + odd, Day(9) + odd)) << "where it was, and is";
  EXPECT_THAT(events.ChangesAfter(moved->sequence)->origin_times, testing::IsEmpty());
}

TEST_P(EventContractTest, KeepsALedgerOfWhatPersonsDecided) {
  auto& store = backend_->events();
  Import({SomeEvent("1", 5, 4.0), SomeEvent("us1", 5, 4.2, "comcat"), SomeEvent("us2", 7, 4.2, "comcat")}, Day(10));
  const int64_t before = store.ChangesAfter(std::nullopt)->sequence;
  IdentityDecision joined;
  joined.event = {"cenc", "1"};
  joined.other = {"comcat", "us1"};
  joined.reason = "the same P wave";
  joined.actor = "ada";
  joined.decided_at = Day(11);
  const auto first = store.Decide(joined);
  ASSERT_TRUE(first.ok()) << first.status();
  joined.id = first->id;
  EXPECT_EQ(*first, joined);
  EXPECT_EQ(store.Decide(joined)->id, joined.id) << "once";
  joined.verdict = IdentityVerdict::kApart;
  EXPECT_TRUE(absl::IsFailedPrecondition(store.Decide(joined).status()));
  joined.other = {"comcat", "us2"};
  EXPECT_TRUE(absl::IsFailedPrecondition(store.Decide(joined).status())) << "two days apart";
  joined.other = {"comcat", "us9"};
  EXPECT_TRUE(absl::IsNotFound(store.Decide(joined).status()));
  IdentityDecision withdrawn;
  withdrawn.verdict = IdentityVerdict::kWithdrawn;
  withdrawn.event = {"comcat", "us2"};
  withdrawn.decided_at = Day(12);
  const auto second = store.Decide(withdrawn);
  ASSERT_TRUE(second.ok()) << second.status();

  EXPECT_THAT(List({}), testing::ElementsAre("cenc/1/r1", "comcat/us1/r1"));
  EventQuery all;
  all.include_deleted = true;
  auto events = store.List(all);
  ASSERT_TRUE(events.ok() && events->size() == 3);
  EXPECT_THAT((*events)[0].joined, testing::ElementsAre(first->id));
  EXPECT_EQ((*events)[0].joined, (*events)[1].joined);
  EXPECT_TRUE((*events)[2].withdrawn);
  EXPECT_FALSE((*events)[2].deleted) << "that is its catalogue's word";
  EventQuery then;
  then.as_of = Day(10);
  EXPECT_EQ(List(then).size(), 3u);
  EXPECT_THAT(store.List(then)->front().joined, testing::IsEmpty());
  const absl::Duration odd = absl::Microseconds(123456);
  EXPECT_THAT(store.ChangesAfter(before)->origin_times, testing::ElementsAre(Day(5) + odd, Day(7) + odd));

  const int64_t decided = store.ChangesAfter(std::nullopt)->sequence;
  const auto back = store.TakeBack(second->id, {Day(14), "seen again", "bob"});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->taken_back, (IdentityDecision::TakenBack{Day(14), "seen again", "bob"}));
  EXPECT_EQ(store.TakeBack(second->id, {Day(15), "again", "eve"})->taken_back->actor, "bob");
  EXPECT_TRUE(absl::IsNotFound(store.TakeBack(99, {Day(14), "", ""}).status()));
  EXPECT_EQ(List({}).size(), 3u);
  then.as_of = Day(13);
  EXPECT_EQ(List(then).size(), 2u) << "as it was then";
  EXPECT_THAT(store.ChangesAfter(decided)->origin_times, testing::ElementsAre(Day(7) + odd));
  EXPECT_EQ(store.ListDecisions(false)->size(), 1u);
  EXPECT_EQ(store.ListDecisions(true)->size(), 2u);
}

TEST_P(EventContractTest, TakesTheBeginOfATimeRangeAndNotItsEnd) {
  SeismicEvent event = SomeEvent("1", 0, 4);
  Import({event}, Day(10));
  EventQuery query;
  query.origin_time = {event.origin_time, event.origin_time + absl::Microseconds(1)};
  EXPECT_EQ(List(query).size(), 1u);
  query.origin_time = {event.origin_time - absl::Hours(1), event.origin_time};
  EXPECT_TRUE(List(query).empty());
}

TEST_P(EventContractTest, ImportsAllOrNothing) {
  SeismicEvent bad = SomeEvent("2", 5, 4);
  bad.epicenter.latitude_deg = 100;
  EXPECT_EQ(backend_->events().Import({SomeEvent("1", 5, 4), bad}, Day(10)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(List({}).empty());
}

TEST_P(EventContractTest, ImportsMoreEventsThanOneStatementHolds) {
  std::vector<SeismicEvent> events;
  for (int i = 0; i < 5003; ++i) events.push_back(SomeEvent(std::to_string(i), i % 300, 1.0 + i % 5));
  EXPECT_EQ(Import(events, Day(400)).inserted, 5003);
  EXPECT_EQ(Import(events, Day(401)).unchanged, 5003);
}

TEST_P(EventContractTest, RemembersHowFarEachCatalogueIsComplete) {
  auto& events = backend_->events();
  ASSERT_TRUE(SetCompleteUntil(events, "cenc", Day(5)).ok());
  ASSERT_TRUE(SetCompleteUntil(events, "comcat", Day(2)).ok());
  ASSERT_TRUE(SetCompleteUntil(events, "cenc", Day(3)).ok());
  const auto complete = events.ListCompleteness(false);
  ASSERT_TRUE(complete.ok()) << complete.status();
  EXPECT_THAT(CompleteUntilBySource(*complete),
              testing::ElementsAre(testing::Pair("cenc", Day(5)), testing::Pair("comcat", Day(2))));
}

TEST_P(EventContractTest, KeepsALedgerOfWhatWasSaidOfCompleteness) {
  auto& events = backend_->events();
  Completeness statement;
  statement.source = "cenc";
  statement.region = RegionId("area-1");
  statement.period = {Day(0), Day(5)};
  statement.magnitude = 3.1;
  statement.basis = CompletenessBasis::kInferred;
  statement.note = "why";
  statement.stated_at = Day(10);
  const auto first = events.StateComplete(statement, false);
  ASSERT_TRUE(first.ok()) << first.status();
  statement.id = first->id;
  EXPECT_EQ(*first, statement);
  EXPECT_EQ(events.StateComplete(statement, false)->id, first->id) << "the same again";

  Completeness lower = statement;
  lower.period = {absl::InfinitePast(), Day(3)};
  lower.stated_at = Day(11);
  const auto second = events.StateComplete(lower, false);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->period, (Interval{Day(0), Day(3)})) << "it really lowers, and keeps the begin";
  EXPECT_THAT(*events.ListCompleteness(false), testing::ElementsAre(*second));
  auto all = events.ListCompleteness(true);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].revoked_at, Day(11));

  EXPECT_EQ(events.RevokeComplete(second->id, Day(12))->revoked_at, Day(12));
  EXPECT_EQ(events.RevokeComplete(second->id, Day(13))->revoked_at, Day(12)) << "once is enough";
  EXPECT_TRUE(events.ListCompleteness(false)->empty());
  EXPECT_EQ(events.RevokeComplete(99, Day(13)).status().code(), absl::StatusCode::kNotFound);
  lower.period = {Day(3), Day(3)};
  EXPECT_EQ(events.StateComplete(lower, false).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(EventContractTest, AnExtensionWithoutABeginDoesNotForgetSinceWhen) {
  auto& events = backend_->events();
  Completeness statement;
  statement.source = "cenc";
  statement.period = {Day(0), Day(5)};
  statement.stated_at = Day(10);
  ASSERT_TRUE(events.StateComplete(statement, false).ok());
  statement.period = {absl::InfinitePast(), Day(9)};
  const auto extended = events.StateComplete(statement, true);
  ASSERT_TRUE(extended.ok()) << extended.status();
  EXPECT_EQ(extended->period, (Interval{Day(0), Day(9)}));
  EXPECT_THAT(CompletePeriods(*events.ListCompleteness(false), false, std::nullopt),
              testing::ElementsAre(Interval{Day(0), Day(9)}));
}

INSTANTIATE_TEST_SUITE_P(Stores, EventContractTest, BothBackends(), BackendName);

}  // namespace
}  // namespace tremorcast
