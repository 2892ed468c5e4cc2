#pragma once

// A plain HTTP client for tests: one request, one answer, one connection. Blocks; 0 as the code when
// nobody answers within a minute.

#include <map>
#include <string>

namespace tremorcast {

struct HttpResult {
  int code = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

HttpResult HttpGet(const std::string& host, int port, const std::string& path,
                   const std::map<std::string, std::string>& headers = {}, const std::string& method = "GET");
// `bytes` as they are, and what comes back until the other side closes, for at most a minute: for what no
// client would send.
std::string HttpRaw(const std::string& host, int port, const std::string& bytes);

}  // namespace tremorcast
