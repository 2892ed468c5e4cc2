#include "tests/support/http_get.h"

#include <chrono>
#include <sys/socket.h>
#include <sys/time.h>

#include <absl/strings/ascii.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace tremorcast {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Error = boost::system::error_code;

asio::ip::tcp::endpoint At(const std::string& host, int port) {
  return {asio::ip::make_address(host), static_cast<unsigned short>(port)};
}

}  // namespace

HttpResult HttpGet(const std::string& host, int port, const std::string& path,
                   const std::map<std::string, std::string>& headers, const std::string& method) {
  http::request<http::empty_body> request;
  request.method_string(method);
  request.target(path);
  request.set(http::field::host, host);
  request.keep_alive(false);
  for (const auto& [name, value] : headers) request.set(name, value);
  http::response_parser<http::string_body> parser;
  parser.body_limit(1 << 30);
  parser.skip(method == "HEAD");
  boost::beast::flat_buffer buffer;
  asio::io_context io;
  boost::beast::tcp_stream stream(io);
  stream.expires_after(std::chrono::minutes(1));
  bool answered = false;
  // Asynchronous, because only then the deadline counts.
  stream.async_connect(At(host, port), [&](const Error& failed) {
    if (failed) return;
    http::async_write(stream, request, [&](const Error& unsent, size_t) {
      if (unsent) return;
      http::async_read(stream, buffer, parser, [&](const Error& unread, size_t) { answered = !unread; });
    });
  });
  io.run();
  HttpResult result;
  if (!answered) return result;
  result.code = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get())
    result.headers[absl::AsciiStrToLower(std::string(field.name_string()))] = std::string(field.value());
  result.body = std::move(parser.get().body());
  return result;
}

std::string HttpRaw(const std::string& host, int port, const std::string& bytes) {
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  Error error;
  if (socket.connect(At(host, port), error)) return "";
  const timeval minute = {60, 0};
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute));
  asio::write(socket, asio::buffer(bytes), error);
  // Not by Asio, which waits for ever whatever the socket says.
  std::string answer;
  char piece[1 << 16];
  for (ssize_t n; (n = recv(socket.native_handle(), piece, sizeof(piece), 0)) > 0;)
    answer.append(piece, static_cast<size_t>(n));
  return answer;
}

}  // namespace tremorcast
