#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/catalogue/labels.h"
#include "core/etas/etas_score.h"
#include "core/simulator/simulator.h"
#include "tests/unit/core/simulator/simulated_worlds.h"

namespace tremorcast {
namespace {

SimulatorConfig EtasConfig() {
  SimulatorConfig config = SmallConfig();
  config.weeks = 300;
  config.regions = 4;
  config.min_magnitude = 3.0;
  config.etas = EtasParameters{{-6.4, -2.55, 1.69, -2.95, -0.03, 3.0, -0.35, 1.22, 0.51}};
  return config;
}

TEST(EtasCatalogue, IsWhatItsParametersSay) {
  const SimulatorConfig config = EtasConfig();
  const Simulator simulator = Make(config);
  EtasModel model;
  model.parameters = *config.etas;
  model.magnitudes = {config.min_magnitude, 0.1, config.b_value * std::log(10), config.max_magnitude};
  Region box;
  box.id = RegionId("box");
  box.polygon = BoxPolygon(22, 34, 98, 107);
  model.region = *MakeEtasRegion(box);
  const Interval all{simulator.Week(0).begin, simulator.Week(300).end};
  const EtasEvents events = SelectEtasEvents(simulator.events(), model.region, model.magnitudes, all);
  ASSERT_GT(events.size(), 1500U);
  EXPECT_EQ(events.size(), simulator.events().size());
  const EtasScore score = *ScoreEtas(model, events, {simulator.Week(150).begin, all.end});
  EXPECT_GT(TestWaits(score)->p_value, 0.01);
  EXPECT_LT(TestWaits(*ScorePoisson(model.region, events, all, all))->p_value, 1e-6);
}

TEST(EtasCatalogue, LabelsAgreeWithTheEventWeeks) {
  SimulatorConfig config = EtasConfig();
  config.whole_network = true;
  const Simulator simulator = Make(config);
  int event_weeks = 0;
  for (size_t r = 0; r < simulator.regions().size(); ++r) {
    for (int week = 0; week <= config.weeks; ++week) {
      const RegionLabel label = LabelRegion(simulator.regions()[r], simulator.Week(week), simulator.events(), {});
      EXPECT_EQ(label.magnitude_class > 0, simulator.EventWeek(static_cast<int>(r), week));
      event_weeks += label.magnitude_class > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(event_weeks, 200);
}

TEST(EtasCatalogue, MoreWeeksLeaveTheEarlierOnesAsTheyWere) {
  SimulatorConfig shorter = EtasConfig();
  shorter.weeks = 60;
  const Simulator a = Make(shorter), b = Make(EtasConfig());
  ASSERT_LT(a.events().size(), b.events().size());
  EXPECT_TRUE(std::equal(a.events().begin(), a.events().end(), b.events().begin()));
  SimulatorConfig other = EtasConfig();
  other.seed = 99;
  EXPECT_NE(Make(other).events(), b.events());
}

// A model that is fitted before the first week needs what came before.
TEST(EtasCatalogue, ListsWeeksBeforeTheFirst) {
  SimulatorConfig longer = EtasConfig();
  longer.weeks_before = 104;
  const Simulator a = Make(EtasConfig()), b = Make(longer);
  ASSERT_GT(b.events().size(), a.events().size() + 200);
  EXPECT_LT(b.events().front().origin_time, b.Week(-100).begin);
  EXPECT_GE(b.events().front().origin_time, b.Week(-104).begin);
  const auto first = b.events().end() - static_cast<std::ptrdiff_t>(a.events().size());
  EXPECT_EQ(first->origin_time, a.events().front().origin_time);
  for (int week = 0; week <= longer.weeks; ++week) EXPECT_EQ(a.EventWeek(0, week), b.EventWeek(0, week));
  longer.etas.reset();
  EXPECT_EQ(Simulator::Create(longer).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EtasCatalogue, RefusesWhatIsNoCatalogue) {
  SimulatorConfig config = EtasConfig();
  config.etas->value[kLog10K0] += 0.5;
  EXPECT_EQ(Simulator::Create(config).status().code(), absl::StatusCode::kFailedPrecondition);
  config = EtasConfig();
  config.min_magnitude = 3.05;  // magnitudes are listed in tenths
  EXPECT_EQ(Simulator::Create(config).status().code(), absl::StatusCode::kInvalidArgument);
  config = EtasConfig();
  config.etas->value[kOmega] = 7;
  EXPECT_EQ(Simulator::Create(config).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
