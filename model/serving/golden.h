#pragma once

// The self-test's input: raw windows that look like the checkpoint's own training data, made from a
// seed, so that the file need not carry them. Pure; the same on every machine up to the last bits
// of expm1.

#include <vector>

#include "core/observation/window.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/normalisation.h"

namespace tremorcast {

// golden.stations windows of network.input_slots: the first stations known to the normalisation,
// the last one unknown to it, about one sample in twenty missing.
std::vector<StationWindow> GoldenWindows(const GoldenTest& golden, const NetworkConfig& network,
                                         const Normalisation& normalisation);

}  // namespace tremorcast
