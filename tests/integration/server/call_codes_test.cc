// What grpc_server_handled_total says of calls that did not go to their end.

#include <functional>
#include <thread>

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/fakes/log_lines.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/any_call.h"
#include "tests/support/scrape.h"

namespace tremorcast {
namespace {

class CallCodesTest : public ServerTest {
 protected:
  double Handled(const std::string& method, const std::string& code) const {
    const auto scrape = Scrape::Of(server_->http_address());
    EXPECT_TRUE(scrape.ok()) << scrape.status();
    return scrape->Value("grpc_server_handled_total", {"grpc_method=\"" + method + "\"", "grpc_code=\"" + code + "\""});
  }
  double Started(const std::string& method) const {
    const auto scrape = Scrape::Of(server_->http_address());
    EXPECT_TRUE(scrape.ok()) << scrape.status();
    return scrape->Value("grpc_server_started_total", {"grpc_method=\"" + method + "\""});
  }
  // The server hears of an end a moment later.
  void AwaitHandled(const std::string& method, const std::string& code, double count) const {
    const absl::Time give_up = absl::Now() + absl::Minutes(1);
    while (Handled(method, code) < count) ASSERT_LT(absl::Now(), give_up) << method << " " << code;
  }
};

TEST_F(CallCodesTest, ACallWhoseClientWentAwayIsCancelledOrLateAndNoSuccess) {
  StartServer();
  // Held up by the database until the client is gone.
  const auto locker = Connect();
  ASSERT_TRUE(locker->Exec("BEGIN; LOCK TABLE stations", absl::Now() + absl::Minutes(1)).ok());
  grpc::ClientContext cancelled;
  SetDeadline(&cancelled);
  {
    std::thread caller([&] {
      v1::ListStationsResponse response;
      EXPECT_EQ(Network()->ListStations(&cancelled, {}, &response).error_code(), grpc::StatusCode::CANCELLED);
    });
    const absl::Cleanup end = [&] {
      cancelled.TryCancel();
      caller.join();
    };
    const absl::Time give_up = absl::Now() + absl::Minutes(1);
    while (Query("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0) ASSERT_LT(absl::Now(), give_up);
  }
  // A call may be late before the server hears of it: again, with more patience, until one is counted.
  absl::Duration patience = absl::Milliseconds(100);
  for (const double before = Started("ListStations"); Started("ListStations") == before; patience *= 2) {
    grpc::ClientContext late;
    late.set_deadline(absl::ToChronoTime(absl::Now() + patience));
    v1::ListStationsResponse response;
    EXPECT_EQ(Network()->ListStations(&late, {}, &response).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    ASSERT_LT(patience, absl::Minutes(1));
  }
  ASSERT_TRUE(locker->Exec("ROLLBACK", absl::Now() + absl::Minutes(1)).ok());
  AwaitHandled("ListStations", "Canceled", 1);
  AwaitHandled("ListStations", "DeadlineExceeded", 1);
  EXPECT_EQ(Handled("ListStations", "OK"), 0);
}

TEST_F(CallCodesTest, AStreamThatItsClientCancelsIsCancelled) {
  StartServer();
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    const auto stub = Forecasts();
    const auto reader = stub->WatchForecasts(&context, v1::WatchForecastsRequest());
    v1::WatchForecastsResponse response;
    ASSERT_TRUE(reader->Read(&response)) << "a heartbeat";
    context.TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  AwaitHandled("WatchForecasts", "Canceled", 1);
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    const auto stub = Ingest();
    const auto stream = stub->StreamObservations(&context);
    v1::StreamObservationsRequest request;
    *request.mutable_batch() = MakeBatch("nobody", "b", kWeek, 1);
    ASSERT_TRUE(stream->Write(request));
    v1::StreamObservationsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  AwaitHandled("StreamObservations", "Canceled", 1);
  EXPECT_EQ(Handled("WatchForecasts", "OK") + Handled("StreamObservations", "OK"), 0);
}

TEST_F(CallCodesTest, BytesThatAreNoMessageAreTheCallersFaultAndNotOurs) {
  const LogLines lines;
  log_ = lines.NewLog();
  StartServer();
  for (const auto* method : EveryMethod()) {
    // A field of one byte's length that is cut off.
    const grpc::Status status = CallWithBytes(Channel(), *method, "\x0a\x7f");
    EXPECT_FALSE(status.ok()) << method->full_name();
    AwaitHandled(method->name(), "InvalidArgument", 1);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method->full_name();
    EXPECT_EQ(Handled(method->name(), "OK") + Handled(method->name(), "Internal"), 0) << method->full_name();
  }
  EXPECT_THAT(lines.With("call failed"), testing::IsEmpty());
}

}  // namespace
}  // namespace tremorcast
