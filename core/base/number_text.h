#pragma once

// Numbers as people read them. Pure; thread safe.

#include <cstdint>
#include <string>

namespace tremorcast {

// "1,234,567", "-1,234".
std::string Grouped(int64_t number);

}  // namespace tremorcast
