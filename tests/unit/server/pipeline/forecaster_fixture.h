#pragma once

// A forecaster over the fixture's world: a lab of stations s1 to s4.

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {

class ForecasterTest : public ServiceFixture {
 protected:
  void FillAll() {
    for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, input_week_);
  }
  ForecastRequest Operational() {
    ForecastRequest request = RequestFor(kLab, issue_);
    request.purpose = ForecastPurpose::kOperational;
    return request;
  }
};

}  // namespace tremorcast
