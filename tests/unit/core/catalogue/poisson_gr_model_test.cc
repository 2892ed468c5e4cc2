#include "core/catalogue/poisson_gr_model.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace tremorcast {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1607184000);
const Interval kPeriod = {kStart, kStart + 100 * kWeekLength};

Region Box(const std::string& id, double west, double east) {
  Region region;
  region.id = RegionId(id);
  region.polygon = BoxPolygon(22, 26, west, east);
  return region;
}

SeismicEvent Event(double magnitude, double longitude, absl::Duration after = absl::Hours(1)) {
  SeismicEvent event;
  event.origin_time = kStart + after;
  event.epicenter = {24, longitude};
  event.magnitude = magnitude;
  return event;
}

// Magnitudes 3.0 + exponential with b, rounded to 0.1 as a catalogue does.
std::vector<double> RandomMagnitudes(int n, double b, uint64_t seed) {
  RandomStream random({seed});
  std::vector<double> magnitudes;
  for (int i = 0; i < n; ++i) {
    const double m = 2.95 + random.Exponential() / (b * std::log(10.0));
    magnitudes.push_back(std::round(m * 10) / 10);
  }
  return magnitudes;
}

TEST(GutenbergRichterTest, ComputesAkiAndUtsuByHand) {
  // Mean 3.5; log10(e) / (3.5 - 2.95).
  const GutenbergRichter fit = FitGutenbergRichter({3.0, 3.5, 4.0, 2.9}, 3.0, 0.1).value();
  EXPECT_EQ(fit.events, 3);
  EXPECT_NEAR(fit.mean_magnitude, 3.5, 1e-12);
  EXPECT_NEAR(fit.b, 0.4342944819032518 / 0.55, 1e-12);
  // Shi and Bolt: 2.3 b^2 sqrt(sum (m - mean)^2 / (n (n - 1))).
  EXPECT_NEAR(fit.b_standard_error, std::log(10.0) * fit.b * fit.b * std::sqrt(0.5 / 6), 1e-12);
}

TEST(GutenbergRichterTest, RecoversTheBThatMadeTheCatalogue) {
  for (const double b : {0.7, 1.0, 1.3}) {
    const GutenbergRichter fit = FitGutenbergRichter(RandomMagnitudes(4000, b, 5), 3.0, 0.1).value();
    EXPECT_NEAR(fit.b, b, 4 * fit.b_standard_error + 0.01) << b;  // binning biases by about 0.005 at b = 1
    EXPECT_NEAR(fit.b_standard_error, b / std::sqrt(4000), 0.004);
  }
}

TEST(GutenbergRichterTest, ForgivesTheLastBitsOfParsedText) {
  EXPECT_EQ(FitGutenbergRichter({2.9999999999, 3.4}, 3.0, 0.1)->events, 2);
}

TEST(GutenbergRichterTest, RefusesCataloguesThatSayNothing) {
  EXPECT_EQ(FitGutenbergRichter({}, 3, 0.1).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FitGutenbergRichter({2, 2.5}, 3, 0.1).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FitGutenbergRichter({3, 3}, 3, 0).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NEAR(FitGutenbergRichter({3}, 3, 0.1)->b, 0.4342944819032518 / 0.05, 1e-9);
  EXPECT_FALSE(FitGutenbergRichter({std::nan("")}, 3, 0.1).ok());
  EXPECT_FALSE(FitGutenbergRichter({3.2}, std::nan(""), 0.1).ok());
  EXPECT_FALSE(FitGutenbergRichter({3.2}, 3, -0.1).ok());
}

// 100 events in a hundred weeks in region a, none in b; mean magnitude set so that b = 1.
std::vector<SeismicEvent> HundredEvents() {
  std::vector<SeismicEvent> events;
  for (int i = 0; i < 100; ++i) {
    const double magnitude = 2.95 + 0.4342944819032518 + (i % 2 == 0 ? 0.2 : -0.2);
    events.push_back(Event(magnitude, 99, i * kWeekLength + absl::Hours(5)));
  }
  return events;
}

TEST(PoissonGrModelTest, TurnsRateAndBIntoClassProbabilities) {
  const PoissonGrModel model = PoissonGrModel::Fit({Box("a", 98, 101), Box("b", 101, 104)}, HundredEvents(), kPeriod,
                                                   MagnitudeClasses(), PoissonGrOptions())
                                   .value();
  EXPECT_NEAR(model.magnitudes().b, 1, 1e-12);
  const auto rates = model.WeeklyRates(RegionId("a")).value();
  EXPECT_NEAR(rates[0], 1.005 * std::pow(10, -0.5), 1e-12);
  EXPECT_NEAR(rates[3], 1.005 * 0.01, 1e-12);
  const ClassProbabilities p = model.Predict(RegionId("a")).value();
  EXPECT_NEAR(p[0], std::exp(-rates[0]), 1e-12);
  EXPECT_NEAR(p[2], std::exp(-rates[2]) - std::exp(-rates[1]), 1e-12);
  EXPECT_NEAR(p[4], 1 - std::exp(-rates[3]), 1e-12);
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
  // Half an event in a hundred weeks.
  EXPECT_NEAR(model.WeeklyRates(RegionId("b")).value()[1], 0.005 * 0.1, 1e-12);
  EXPECT_EQ(model.Predict(RegionId("c")).status().code(), absl::StatusCode::kNotFound);
}

TEST(PoissonGrModelTest, NeverCountsEventsOutsideItsPeriod) {
  std::vector<SeismicEvent> events = HundredEvents();
  const auto fit = [&] {
    return PoissonGrModel::Fit({Box("a", 98, 101)}, events, kPeriod, MagnitudeClasses(), PoissonGrOptions())
        ->Predict(RegionId("a"))
        .value();
  };
  const ClassProbabilities before = fit();
  events.push_back(Event(7, 99, 100 * kWeekLength));  // at the end: excluded
  events.push_back(Event(7, 99, -absl::Hours(1)));
  events.push_back(Event(7, 120));   // elsewhere
  events.push_back(Event(2.8, 99));  // below the completeness
  events.push_back(Event(7, 99, absl::Hours(2)));
  events.back().deleted = true;
  EXPECT_EQ(fit(), before);
  events.push_back(Event(7, 99));
  EXPECT_NE(fit(), before);
}

TEST(PoissonGrModelTest, CountsAnEventOfTwoRegionsOnceForB) {
  const PoissonGrModel areas =
      PoissonGrModel::Fit({Box("a", 98, 101)}, HundredEvents(), kPeriod, MagnitudeClasses(), PoissonGrOptions())
          .value();
  const PoissonGrModel with_box = PoissonGrModel::Fit({Box("a", 98, 101), Box("box", 98, 107)}, HundredEvents(),
                                                      kPeriod, MagnitudeClasses(), PoissonGrOptions())
                                      .value();
  EXPECT_EQ(with_box.magnitudes().events, 100);
  EXPECT_EQ(with_box.Predict(RegionId("a")).value(), areas.Predict(RegionId("a")).value());
}

TEST(PoissonGrModelTest, RefusesWhatItCannotLearnFrom) {
  const std::vector<Region> regions = {Box("a", 98, 101)};
  const MagnitudeClasses classes;
  PoissonGrOptions options;
  EXPECT_EQ(PoissonGrModel::Fit(regions, {}, kPeriod, classes, options).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(PoissonGrModel::Fit({}, HundredEvents(), kPeriod, classes, options).ok());
  EXPECT_FALSE(PoissonGrModel::Fit(regions, HundredEvents(), {kStart, kStart}, classes, options).ok());
  EXPECT_FALSE(PoissonGrModel::Fit(regions, HundredEvents(), {absl::InfinitePast(), kStart}, classes, options).ok());
  options.completeness = 3.6;
  EXPECT_FALSE(PoissonGrModel::Fit(regions, HundredEvents(), kPeriod, classes, options).ok());
  options.completeness = std::nan("");
  EXPECT_FALSE(PoissonGrModel::Fit(regions, HundredEvents(), kPeriod, classes, options).ok());
  options.completeness = 3;
  options.min_events = 101;
  EXPECT_EQ(PoissonGrModel::Fit(regions, HundredEvents(), kPeriod, classes, options).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tremorcast
