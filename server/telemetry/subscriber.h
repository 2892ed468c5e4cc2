#pragma once

// Whose an address is, for limits on what one client may have. Pure; thread safe.

#include <string>

namespace tremorcast {

// Whom a host belongs to: an IPv6 host to its network of 64 bits, which is one subscriber's to choose
// addresses from ("2001:db8:1:2::/64"); any other to itself.
std::string SubscriberOfHost(const std::string& host);

}  // namespace tremorcast
