#include "server/telemetry/http_connection.h"

#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <absl/time/clock.h>
#include <boost/asio/dispatch.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "server/telemetry/subscriber.h"

namespace tremorcast {
namespace {

namespace http = boost::beast::http;

// As the access log says that nobody read the answer to its end.
constexpr int kClientGone = 499;
constexpr size_t kMaxHeaderBytes = 8 << 10;
// A client that keeps its connection gets this many answers, then another may have the place.
constexpr uint64_t kMaxRequests = 100;
// How much of an unwanted body is read so that its sender hears the answer and not a reset.
constexpr size_t kMaxUnwantedBytes = 64 << 10;
constexpr absl::Duration kReadOut = absl::Seconds(1);

// Pages have styles of their own and nothing else; nobody frames them, and their types are as said.
constexpr char kPolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// An IPv4 address in IPv6 clothes is an IPv4 address.
std::string HostOf(const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const boost::asio::ip::address address = socket.remote_endpoint(error).address();
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.to_string();
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
}

// The path of a target in origin-form or in absolute-form, as it is sent to a proxy and which RFC 9112
// (3.2.2) has every server take; another form (OPTIONS *, CONNECT) is asked for by methods unknown here.
std::string PathOf(absl::string_view target) {
  if (absl::StartsWithIgnoreCase(target, "http://") || absl::StartsWithIgnoreCase(target, "https://")) {
    const size_t authority = target.find("//") + 2;
    const size_t end = target.find_first_of("/?", authority);
    target = end == absl::string_view::npos ? "" : target.substr(end);
    if (target.empty() || target.front() == '?') return "/";
  }
  return std::string(target.substr(0, target.find('?')));
}

HttpAnswer FaultOf(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return PlainAnswer(431, "request line and headers are longer than 8 KiB together\n");
  }
  if (error == http::error::body_limit) return PlainAnswer(413, "a request has no body here\n");
  return PlainAnswer(400, "this is no HTTP/1.1 request\n");
}

}  // namespace

HttpAnswer PlainAnswer(int code, std::string text) {
  return std::make_shared<const HttpPage>(HttpPage{code, "text/plain; charset=utf-8", std::move(text), ""});
}

HttpConnection::HttpConnection(boost::asio::ip::tcp::socket socket, const Options& options)
    : options_(options),
      stream_(std::move(socket)),
      page_timer_(stream_.get_executor()),
      host_(HostOf(stream_.socket())),
      client_(SubscriberOfHost(host_)),
      buffer_(2 * kMaxHeaderBytes) {}

void HttpConnection::Close() {
  if (std::exchange(closed_, true)) return;
  if (asked_) LogAccess(kClientGone);
  page_timer_.cancel();
  stream_.close();
  options_.closed(this);
}

void HttpConnection::Read() {
  if (closed_) return;
  parser_.emplace();
  parser_->header_limit(kMaxHeaderBytes);
  stream_.expires_after(absl::ToChronoNanoseconds(options_.request_deadline));
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const Error& error, size_t) { self->OnRead(error); });
}

void HttpConnection::OnRead(const Error& error) {
  if (closed_) return;
  if (!error) return Handle();
  const bool fault = error.category() == http::make_error_code(http::error::bad_method).category();
  if (!fault || error == http::error::end_of_stream || error == http::error::partial_message) return Close();
  keep_ = false;
  Begin("", "");
  Write(FaultOf(error));
}

void HttpConnection::Begin(std::string method, absl::string_view traceparent) {
  asked_ = true;
  asked_at_ = absl::Now();
  trace_ = ContinueTrace(traceparent);
  method_ = std::move(method);
  caller_ = {};
  body_bytes_ = 0;
}

void HttpConnection::LogAccess(int code) {
  asked_ = false;
  if (options_.access_log == nullptr || !options_.access_log->Wants(code >= 400, trace_)) return;
  AccessLog::Entry entry;
  entry.protocol = "http";
  entry.method = method_;
  entry.peer = host_;
  entry.caller = caller_;
  entry.code = std::to_string(code);
  entry.duration = absl::Now() - asked_at_;
  entry.messages_in = 1;
  entry.messages_out = code == kClientGone ? 0 : 1;
  entry.bytes_out = static_cast<int64_t>(body_bytes_);
  options_.access_log->Write(entry, trace_);
}

void HttpConnection::Handle() {
  const auto& request = parser_->get();
  const bool body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  const bool known = request.method() == http::verb::get || request.method() == http::verb::head;
  const std::string path = PathOf({request.target().data(), request.target().size()});
  // What is several times there names no trace.
  const auto parent = request.count(kTraceparent) == 1 ? request[kTraceparent] : boost::beast::string_view();
  Begin(absl::StrCat(std::string(request.method_string()), " ", path), {parent.data(), parent.size()});
  ++requests_;
  keep_ = known && !body && parser_->keep_alive() && requests_ < kMaxRequests;
  if (!known) return Write(PlainAnswer(405, "GET and HEAD are answered\n"));
  if (body) return Write(PlainAnswer(413, "a request has no body here\n"));
  busy_ = true;
  stream_.expires_never();
  page_timer_.expires_after(absl::ToChronoNanoseconds(options_.page_deadline));
  page_timer_.async_wait([self = shared_from_this(), number = requests_](const Error& error) {
    if (!error) self->Answer(number, PlainAnswer(503, "the page could not be made in time\n"), {});
  });
  HttpRequest own;
  own.path = path;
  own.authorization = std::string(request[http::field::authorization]);
  own.client = host_;
  own.trace = trace_;
  options_.handle(std::move(own), [self = shared_from_this(), number = requests_](HttpAnswer answer, CallerName by) {
    boost::asio::dispatch(self->stream_.get_executor(), [self, number, answer = std::move(answer), by = std::move(by)] {
      self->Answer(number, answer, by);
    });
  });
}

void HttpConnection::Answer(uint64_t request, const HttpAnswer& answer, CallerName caller) {
  if (closed_ || !busy_ || request != requests_) return;  // somebody else answered in time
  caller_ = std::move(caller);
  busy_ = false;
  page_timer_.cancel();
  Write(answer);
}

void HttpConnection::Write(const HttpAnswer& answer) {
  answer_ = answer;
  const auto& request = parser_->get();
  const auto asked = request[http::field::if_none_match];
  const bool same =
      answer->code == 200 && !answer->etag.empty() && absl::string_view(asked.data(), asked.size()) == answer->etag;
  response_ = {};
  response_.version(request.version() == 10 ? 10 : 11);
  response_.result(static_cast<unsigned>(same ? 304 : answer->code));
  response_.keep_alive(keep_);
  const bool empty = same || answer->code == 204;
  if (!empty) {
    response_.set(http::field::content_type, answer->content_type);
    response_.content_length(answer->body.size());
  }
  if (!answer->etag.empty()) response_.set(http::field::etag, answer->etag);
  response_.set(http::field::cache_control, answer->etag.empty() ? "no-store" : "no-cache");
  response_.set(http::field::accept_ranges, "none");
  response_.set("Content-Security-Policy", kPolicy);
  response_.set("X-Frame-Options", "DENY");
  response_.set("X-Content-Type-Options", "nosniff");
  response_.set("Referrer-Policy", "no-referrer");
  if (answer->code == 401) {
    response_.set(http::field::www_authenticate,
                  "Basic realm=\"tremorcast: any name, a reader's token as the password\"");
  }
  response_.set(kTraceresponse, TraceHeader(trace_));
  if (answer->retry_after > absl::ZeroDuration()) {
    response_.set(http::field::retry_after,
                  std::to_string(absl::ToInt64Seconds(absl::Ceil(answer->retry_after, absl::Seconds(1)))));
  }
  if (answer->code == 405) response_.set(http::field::allow, "GET, HEAD");
  response_.body() = {answer->body.data(), answer->body.size()};
  serializer_.emplace(response_);
  stream_.expires_after(absl::ToChronoNanoseconds(options_.answer_deadline));
  const auto written = [self = shared_from_this()](const Error& error, size_t) { self->OnWritten(error); };
  const bool header_alone = empty || request.method() == http::verb::head;
  body_bytes_ = header_alone ? 0 : answer->body.size();
  if (header_alone) {
    http::async_write_header(stream_, *serializer_, written);
  } else {
    http::async_write(stream_, *serializer_, written);
  }
}

void HttpConnection::OnWritten(const Error& error) {
  if (closed_) return;
  LogAccess(error ? kClientGone : static_cast<int>(response_.result_int()));
  answer_ = nullptr;
  if (error) return Close();
  if (keep_) return Read();
  Error ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(absl::ToChronoNanoseconds(kReadOut));
  ReadOutAndClose();
}

void HttpConnection::ReadOutAndClose() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kMaxHeaderBytes), [self = shared_from_this()](const Error& error, size_t n) {
    self->unwanted_bytes_ += n;
    if (error || self->closed_ || self->unwanted_bytes_ > kMaxUnwantedBytes) return self->Close();
    self->ReadOutAndClose();
  });
}

}  // namespace tremorcast
