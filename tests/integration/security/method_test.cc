// Every method of every service against the table of roles.

#include <algorithm>
#include <iterator>
#include <set>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include "server/rpc/access/auth_methods.h"
#include "server/rpc/grpc_server.h"
#include "tests/integration/security/reflection_client.h"
#include "tests/integration/security/security_fixture.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

constexpr absl::string_view kReadingVerbs[] = {"Get", "List", "Watch", "Replay"};

class MethodTest : public SecurityTest {};

// Paths of all methods of these services, by their descriptors.
std::set<std::string> PathsOf(const std::vector<std::string>& services) {
  std::set<std::string> paths;
  for (const std::string& name : services) {
    const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    EXPECT_NE(service, nullptr) << name;
    for (int i = 0; service != nullptr && i < service->method_count(); ++i)
      paths.insert(absl::StrCat("/", name, "/", service->method(i)->name()));
  }
  return paths;
}

TEST_F(MethodTest, TheTableHasEveryMethodThatTheServerAnswersAndNoOther) {
  const std::string token = Admit("ops", kAdmin);
  StartServer(AskingOptions());
  const std::vector<std::string> services = ListServices(PlainChannel(), token);
  EXPECT_THAT(services, IsSupersetOf(rpc::ServiceNames()));
  std::set<std::string> table;
  for (const rpc::MethodAccess& method : rpc::MethodTable()) {
    EXPECT_TRUE(table.insert(std::string(method.path)).second) << method.path;
    EXPECT_EQ(rpc::FindMethod(method.path), &method) << "out of order: " << method.path;
  }
  EXPECT_EQ(PathsOf(services), table);
}

// What the table may say at most, by what a method's name promises: a method that changes something
// is for admins, rows are for writers too, and a reader or nobody changes nothing.
TEST_F(MethodTest, TheTableGivesNobodyMoreThanTheNamesAllow) {
  const std::set<std::string> of_writers = {"IngestService/IngestObservations", "IngestService/StreamObservations",
                                            "IngestService/GetIngestPosition"};
  const std::set<std::string> of_every_role = {"NetworkService/GetFeatureSchema"};
  for (const rpc::MethodAccess& method : rpc::MethodTable()) {
    absl::string_view path = method.path;
    if (absl::ConsumePrefix(&path, "/grpc.")) {
      EXPECT_EQ(method.open, absl::StartsWith(path, "health.")) << path;
      continue;
    }
    ASSERT_TRUE(absl::ConsumePrefix(&path, "/tremorcast.v1."));
    const std::string name(path);
    const absl::string_view verb = path.substr(path.find('/') + 1);
    const bool reads = std::any_of(std::begin(kReadingVerbs), std::end(kReadingVerbs),
                                   [&](absl::string_view reading) { return absl::StartsWith(verb, reading); });
    RoleSet most = kAdmin;
    if (of_writers.count(name) > 0) {
      most |= kWriter;
    } else if (reads) {
      most |= kReader;
    }
    if (of_every_role.count(name) > 0) most |= kWriter;
    EXPECT_EQ(method.roles & ~most, 0) << name << " is open to " << RolesText(method.roles);
    EXPECT_FALSE(method.open) << name;
  }
}

TEST_F(MethodTest, AdmitsEachRoleToItsMethodsAndToNoOther) {
  const std::vector<std::pair<RoleSet, std::string>> callers = {
      {kReader, Admit("desk", kReader)}, {kWriter, Admit("relay", kWriter, {"s1"})}, {kAdmin, Admit("ops", kAdmin)}};
  StartServer(AskingOptions());
  const auto channel = PlainChannel();
  for (const rpc::MethodAccess& method : rpc::MethodTable()) {
    const std::string path(method.path);
    const grpc::Status unnamed = CallEmpty(channel, path, "");
    EXPECT_EQ(unnamed.error_code() == grpc::StatusCode::UNAUTHENTICATED, !method.open) << path;
    EXPECT_EQ(
        CallEmpty(channel, path, MakeToken(std::string(36, 'x'))).error_code() == grpc::StatusCode::UNAUTHENTICATED,
        !method.open)
        << path;
    for (const auto& [role, token] : callers) {
      const grpc::Status status = CallEmpty(channel, path, token);
      const bool refused = status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
      EXPECT_EQ(refused, (method.roles & role) == 0)
          << path << " by " << RolesText(role) << ": " << status.error_message();
      EXPECT_NE(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << path;
    }
  }
}

TEST_F(MethodTest, RefusesAMethodThatTheTableDoesNotKnowEvenToAnAdmin) {
  const std::string token = Admit("ops", kAdmin);
  StartServer(AskingOptions());
  const auto status = CallEmpty(PlainChannel(), "/tremorcast.v1.NetworkService/DropEverything", token);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CallEmpty(PlainChannel(), "/nobody.Knows/This", "").error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(MethodTest, AsksNobodyWithoutAnAccessFile) {
  StartServer();
  for (const rpc::MethodAccess& method : rpc::MethodTable()) {
    const grpc::Status status = CallEmpty(PlainChannel(), std::string(method.path), "");
    EXPECT_NE(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << method.path;
    EXPECT_NE(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << method.path;
  }
  EXPECT_THAT(ListServices(PlainChannel(), ""), IsSupersetOf(rpc::ServiceNames())) << "reflection";
}

TEST_F(MethodTest, SaysWhoMayNotAndWhoMay) {
  const std::string token = Admit("desk", kReader);
  StartServer(AskingOptions());
  const auto status = CallEmpty(PlainChannel(), "/tremorcast.v1.ModelService/PromoteModel", token);
  EXPECT_THAT(status.error_message(), HasSubstr("desk (reader) may not"));
  EXPECT_THAT(status.error_message(), HasSubstr("for admin"));
  EXPECT_THAT(CallEmpty(PlainChannel(), kListRegions, "").error_message(), HasSubstr("--token-file"));
}

}  // namespace
}  // namespace tremorcast
