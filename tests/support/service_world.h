#pragma once

// What the end-to-end tests in C++ stand on: a database with a small simulated network and its
// sealed weeks, published checkpoints, and calls to the service as any client makes them.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include "core/base/ids.h"
#include "core/simulator/simulator.h"
#include "storage/store.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"
#include "tremorcast/v1/model_service.grpc.pb.h"

namespace tremorcast {

// Two regions of two stations without dirt, `weeks` weeks loaded as BACKFILL and sealed.
SimulatorConfig SmallWorld(int weeks);

// One call each; `status` of a failed call is printed by GoogleTest through the matchers of the
// caller.
template <typename Stub, typename Method, typename Request, typename Response>
grpc::Status Call(Stub& stub, Method method, const Request& request, Response* response,
                  absl::Duration timeout = absl::Seconds(60)) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  return (stub.*method)(&context, request, response);
}

// Publishes the artifact without promoting it. Its name is "models/<version>".
ModelVersion Publish(Store& store, const std::string& artifact,
                     absl::Time created_at = absl::FromUnixSeconds(1'700'000'000));

// A batch of `slots` slots of both signals from `first` on; values follow from station and slot.
v1::ObservationBatch MakeRows(const StationId& station, Slot first, int slots, const std::string& id);

}  // namespace tremorcast
