#include "tests/support/database_proxy.h"

#include <cstdint>
#include <filesystem>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <absl/memory/memory.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "core/base/check.h"

namespace tremorcast {
namespace {

constexpr char kSocket[] = ".s.PGSQL.5432";
constexpr int kLookMs = 20;  // how soon a stall or the end is noticed

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  TREMORCAST_CHECK(path.size() < sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  return address;
}

bool SendAll(int socket, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Receive(int socket, std::string* bytes) {
  char piece[1 << 16];
  const ssize_t got = recv(socket, piece, sizeof(piece), 0);
  if (got <= 0) return false;
  bytes->append(piece, static_cast<size_t>(got));
  return true;
}

uint32_t BigEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  return value;
}

}  // namespace

struct DatabaseProxy::Session {
  int client = -1, server = -1;
  bool started = false;  // the start-up packet, which has no type, is through
  bool ingest = false;
  bool swallowing = false;  // the answer to a COMMIT is awaited, and not passed on
  std::string pending;      // of the client, up to a whole message
  std::string swallowed;
};

std::unique_ptr<DatabaseProxy> DatabaseProxy::Start(const std::string& folder) {
  std::string own = "/tmp/tremorcast-proxy-XXXXXX";
  TREMORCAST_CHECK(mkdtemp(own.data()) != nullptr);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(absl::StrCat(own, "/", kSocket));
  TREMORCAST_CHECK(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  TREMORCAST_CHECK(listen(listener, 64) == 0);
  // For a standby too, whose server runs as another user.
  for (const std::string& path : {own, absl::StrCat(own, "/", kSocket)}) {
    std::filesystem::permissions(path, std::filesystem::perms::all);
  }
  return absl::WrapUnique(new DatabaseProxy(absl::StrCat(folder, "/", kSocket), own, listener));
}

DatabaseProxy::DatabaseProxy(std::string server, std::string folder, int listener)
    : server_(std::move(server)), folder_(std::move(folder)), listener_(listener), acceptor_([this] { Accept(); }) {}

DatabaseProxy::~DatabaseProxy() {
  stopping_ = true;
  acceptor_.join();
  std::vector<std::thread> sessions;
  {
    absl::MutexLock lock(&mutex_);
    sessions.swap(sessions_);
  }
  for (std::thread& session : sessions) session.join();
  close(listener_);
  std::filesystem::remove_all(folder_);
}

std::string DatabaseProxy::conninfo(const std::string& database) const {
  return absl::StrCat("host=", folder_, " user=postgres dbname=", database);
}

void DatabaseProxy::AtNextCommit(Cut cut) {
  absl::MutexLock lock(&mutex_);
  cut_ = cut;
  was_cut_ = false;
}

bool DatabaseProxy::AwaitCut(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithDeadline(absl::Condition(&was_cut_), deadline);
}

void DatabaseProxy::Accept() {
  while (!stopping_) {
    pollfd entry = {listener_, POLLIN, 0};
    if (poll(&entry, 1, kLookMs) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    absl::MutexLock lock(&mutex_);
    sessions_.emplace_back([this, client] { Serve(client); });
  }
}

void DatabaseProxy::Serve(int client) {
  Session session;
  session.client = client;
  session.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(server_);
  bool open = connect(session.server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  while (open && !stopping_) {
    pollfd entries[] = {{session.client, POLLIN, 0}, {stalled_ ? -1 : session.server, POLLIN, 0}};
    if (poll(entries, 2, kLookMs) <= 0) continue;
    if (entries[0].revents != 0) open = FromClient(session);
    if (open && entries[1].revents != 0) open = FromServer(session);
  }
  close(session.server);
  close(session.client);
}

bool DatabaseProxy::FromClient(Session& session) {
  if (!Receive(session.client, &session.pending)) return false;
  for (;;) {
    const size_t head = session.started ? 1 : 0;  // the type's byte
    if (session.pending.size() < head + 4) return true;
    const size_t length = head + BigEndian(absl::string_view(session.pending).substr(head));
    if (session.pending.size() < length) return true;
    const std::string message = session.pending.substr(0, length);
    session.pending.erase(0, length);
    if (!session.started) {
      session.started = true;
      session.ingest = absl::StrContains(message, "tremorcast ingest");
    } else if (session.ingest && message[0] == 'Q' && absl::StartsWith(message.substr(5), "COMMIT")) {
      absl::MutexLock lock(&mutex_);
      const Cut cut = std::exchange(cut_, Cut::kNothing);
      if (cut == Cut::kCommit) {
        was_cut_ = true;
        return false;
      }
      session.swallowing = cut == Cut::kAnswer;
    }
    if (!SendAll(session.server, message)) return false;
  }
}

bool DatabaseProxy::FromServer(Session& session) {
  std::string bytes;
  if (!Receive(session.server, &bytes)) return false;
  if (!session.swallowing) return SendAll(session.client, bytes);
  session.swallowed += bytes;
  // CommandComplete: the transaction is durable now.
  if (!absl::StrContains(session.swallowed, absl::string_view("COMMIT\0", 7))) return true;
  absl::MutexLock lock(&mutex_);
  was_cut_ = true;
  return false;
}

}  // namespace tremorcast
