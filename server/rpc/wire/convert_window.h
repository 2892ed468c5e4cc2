#pragma once

// A window onto the wire. Pure; thread safe.

#include "core/observation/window.h"
#include "tremorcast/v1/forecast_service.pb.h"

namespace tremorcast::rpc {

void FillWindow(const StationWindow& window, v1::StationWindow* proto);

}  // namespace tremorcast::rpc
