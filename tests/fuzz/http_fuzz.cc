// What a client of the HTTP port may send, to the real server on a port of loopback: its probes,
// its metrics and the bulletin's pages over services with fakes behind. Whatever was sent, what
// comes back are whole answers and then the end of the connection, and the next client is served as
// ever.
//
// First byte, by bits: 0 and 1 how many cuts the rest has, 2 set asks the server with an access
// list. Then a byte for each cut, its place in 256ths; the rest is sent.

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fstream>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>

#include "core/base/digest.h"
#include "core/base/plain_text.h"
#include "core/operation/access_list.h"
#include "server/bulletin_pages.h"
#include "server/rpc/access/auth.h"
#include "server/telemetry/http_server.h"
#include "server/telemetry/log.h"
#include "server/telemetry/log_collector.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/process_collector.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/server_over_fakes.h"
#include "tests/support/temp_folder.h"

namespace tremorcast {
namespace {

// None of a sound server takes so long.
constexpr int kPatienceSeconds = 20;

// How long the server reads on behind an answer that nothing may follow.
constexpr absl::Duration kReadOut = absl::Seconds(1);

class Connection {
 public:
  explicit Connection(int port) {
    const timeval patience = {kPatienceSeconds, 0};
    FUZZ_CHECK(socket_ >= 0);
    FUZZ_CHECK(setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
    // From another address of loopback each time: a port is taken for a minute after its
    // connection.
    static uint32_t connections = 0;
    const sockaddr_in from = At(INADDR_LOOPBACK + (++connections & 0xFFFF) * 256, 0);
    FUZZ_CHECK(bind(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof(from)) == 0);
    const sockaddr_in to = At(INADDR_LOOPBACK, port);
    // One that was interrupted goes on, and is waited for by asking again.
    const auto ask = [&] { return ssize_t{connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to))}; };
    FUZZ_CHECK(Uninterrupted(ask) == 0 || errno == EISCONN);
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The server reads it, or throws it away, whatever it thinks of it.
  void Send(absl::string_view bytes) {
    while (!bytes.empty() && !cut_) {
      const ssize_t sent = Uninterrupted([&] { return send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
      if (sent <= 0) return BeCut();
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // All that comes until the server ends the connection; "" when it was cut because we were too
  // slow.
  std::string EndAndRead() {
    if (!cut_ && shutdown(socket_, SHUT_WR) != 0) BeCut();
    std::string answer;
    char piece[1 << 14];
    ssize_t n = 0;
    const auto read = [&] { return n = recv(socket_, piece, sizeof(piece), 0); };
    while (!cut_ && Uninterrupted(read) > 0) answer.append(piece, static_cast<size_t>(n));
    if (n < 0) BeCut();
    return cut_ ? "" : answer;
  }

 private:
  // libFuzzer looks at its clock in a signal handler.
  template <typename Step>
  static ssize_t Uninterrupted(const Step& step) {
    ssize_t n = step();
    while (n < 0 && errno == EINTR) n = step();
    return n;
  }
  static sockaddr_in At(uint32_t host, int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(host);
    return address;
  }
  void BeCut() {
    FUZZ_CHECK(errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN);
    FUZZ_CHECK(absl::Now() - begun_ >= kReadOut);
    cut_ = true;
  }

  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const absl::Time begun_ = absl::Now();
  bool cut_ = false;
};

void IsServed(int port) {
  Connection probe(port);
  probe.Send("GET /healthz HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n");
  FUZZ_CHECK(absl::StartsWith(probe.EndAndRead(), "HTTP/1.1 200 OK\r\n"));
}

// Of this process; what the fuzzer itself opens, and a symbolizer's pipes, are none.
int OpenSockets() {
  DIR* folder = opendir("/proc/self/fd");
  FUZZ_CHECK(folder != nullptr);
  int count = 0;
  char target[64];
  while (const dirent* entry = readdir(folder)) {
    const ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target));
    if (n > 0 && absl::StartsWith(absl::string_view(target, static_cast<size_t>(n)), "socket:")) ++count;
  }
  closedir(folder);
  return count;
}

// Two ports as server.cc has them: one is everybody's, the other asks for a reader's token.
struct Ports {
  Ports() {
    Principal reader;
    reader.name = "desk";
    reader.roles = kReader;
    const std::string token = MakeToken(std::string(kTokenRandomBytes, 't'));
    reader.token_id = TokenId(token);
    reader.token_hash = Sha256Hex(token);
    std::ofstream(folder / "access") << PrincipalLine(reader) << "\n";
    FUZZ_CHECK(access.Load().ok());
    everybodys = Start([this](const HttpRequest& request) { return server.access().AdmitPage(request); });
    readers = Start([this](const HttpRequest& request) { return access.AdmitPage(request); });
    sockets = OpenSockets();
  }

  std::unique_ptr<HttpServer> Start(std::function<HttpAdmission(const HttpRequest&)> admit) {
    HttpServer::Options options;
    options.admit = std::move(admit);
    options.access_log = &server.access_log();
    auto http = std::make_unique<HttpServer>(
        options,
        std::vector<std::shared_ptr<const prometheus::Collectable>>{
            server.registry(), std::make_shared<ProcessCollector>(), std::make_shared<LogCollector>(*log)},
        [] {
          return Readiness{Readiness::State::kDegraded, {"no model serves: forecasts are climatology"}};
        });
    http->AddPage(BulletinPages::kPattern, [this](const HttpRequest& request) { return pages.Get(request); });
    http->AddPage("/favicon.ico", [](const HttpRequest&) { return PlainAnswer(204, ""); });
    FUZZ_CHECK(http->Start().ok());
    return http;
  }

  void AwaitNoConnection() const {
    const absl::Time give_up = absl::Now() + absl::Seconds(kPatienceSeconds);
    while (OpenSockets() > sockets) FUZZ_CHECK(absl::Now() < give_up);
  }

  TempFolder folder;
  const std::unique_ptr<Log> log = Log::Silent();
  ServerOverFakes server;
  BulletinPages pages{server.InProcessChannel(), server.clock(), false};
  prometheus::Registry registry;
  AccessMetrics metrics{registry};
  rpc::AccessControl access{{folder / "access", 1000, 0, 0}, metrics, *log, server.access_log()};
  std::unique_ptr<HttpServer> everybodys, readers;
  int sockets = 0;  // without a connection
};

// Takes the line off the front, without its end.
absl::string_view TakeLine(absl::string_view* text) {
  const size_t end = text->find("\r\n");
  FUZZ_CHECK(end != absl::string_view::npos);
  const absl::string_view line = text->substr(0, end);
  text->remove_prefix(end + 2);
  return line;
}

bool IsToken(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("!#$%&'*+-.^_`|~", c);
  });
}

// What the server documents to answer to a client of a server that works.
bool IsKnownCode(int code) {
  static constexpr int kKnown[] = {200, 204, 304, 400, 401, 404, 405, 413, 431};
  return std::find(std::begin(kKnown), std::end(kKnown), code) != std::end(kKnown);
}

// Takes one answer off the front. `heads`: how many requests may have been for the header alone;
// one less when this was.
void TakeAnswer(absl::string_view* rest, int* heads) {
  absl::string_view status = TakeLine(rest);
  FUZZ_CHECK(absl::ConsumePrefix(&status, "HTTP/1.1 ") || absl::ConsumePrefix(&status, "HTTP/1.0 "));
  int code = 0;
  FUZZ_CHECK(status.size() > 4 && status[3] == ' ' && absl::SimpleAtoi(status.substr(0, 3), &code));
  FUZZ_CHECK(IsKnownCode(code));
  int lengths = 0;
  size_t length = 0;
  bool last = false;
  for (absl::string_view line = TakeLine(rest); !line.empty(); line = TakeLine(rest)) {
    const size_t colon = line.find(':');
    FUZZ_CHECK(colon != absl::string_view::npos && IsToken(line.substr(0, colon)));
    const absl::string_view name = line.substr(0, colon);
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
    FUZZ_CHECK(PlainTextFault(value).empty());
    FUZZ_CHECK(!absl::EqualsIgnoreCase(name, "Transfer-Encoding"));
    if (absl::EqualsIgnoreCase(name, "Connection")) last = last || absl::EqualsIgnoreCase(value, "close");
    if (!absl::EqualsIgnoreCase(name, "Content-Length")) continue;
    ++lengths;
    FUZZ_CHECK(absl::SimpleAtoi(value, &length));
  }
  const bool bodiless = code == 204 || code == 304;
  FUZZ_CHECK(lengths == (bodiless ? 0 : 1));
  // Our bodies are never empty, and none begins as an answer does.
  const bool header_alone = !bodiless && (rest->empty() || absl::StartsWith(*rest, "HTTP/1."));
  if (header_alone) {
    FUZZ_CHECK(--*heads >= 0);
  } else {
    FUZZ_CHECK(rest->size() >= length);
    rest->remove_prefix(length);
  }
  FUZZ_CHECK(rest->empty() || (!last && absl::StartsWith(*rest, "HTTP/1.")));
}

int Count(absl::string_view text, absl::string_view what) {
  int count = 0;
  for (size_t at = text.find(what); at != absl::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

void FuzzOne(absl::string_view input) {
  static Ports ports;  // its folder goes at exit
  const uint8_t how = TakeByte(&input);
  std::vector<uint8_t> cuts(how & 3);
  for (uint8_t& cut : cuts) cut = TakeByte(&input);
  std::sort(cuts.begin(), cuts.end());
  const int port = (how & 4) == 0 ? ports.everybodys->port() : ports.readers->port();
  std::string answers;
  {
    Connection client(port);
    size_t sent = 0;
    for (const uint8_t cut : cuts) {
      const size_t end = input.size() * cut / 256;
      client.Send(input.substr(sent, end - sent));
      sent = end;
      IsServed(port);  // the thread that answers this has read the piece before
    }
    client.Send(input.substr(sent));
    answers = client.EndAndRead();
  }
  int heads = Count(input, "HEAD ");
  for (absl::string_view rest = answers; !rest.empty();) TakeAnswer(&rest, &heads);
  IsServed(port);
  ports.AwaitNoConnection();
}

}  // namespace tremorcast
