#include "server/rpc/wire/status.h"

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kPrefix[] = "type.googleapis.com/google.rpc.";

v1::Status DetailsOf(const grpc::Status& status) {
  v1::Status proto;
  EXPECT_TRUE(proto.ParseFromString(status.error_details()));
  return proto;
}

std::vector<std::string> TypesOf(const v1::Status& status) {
  std::vector<std::string> types;
  for (const auto& detail : status.details()) types.push_back(detail.type_url());
  return types;
}

template <typename T>
T Detail(const v1::Status& status, const std::string& name) {
  T message;
  for (const auto& detail : status.details()) {
    if (detail.type_url() == kPrefix + name) {
      EXPECT_TRUE(message.ParseFromString(detail.value()));
    }
  }
  return message;
}

TEST(StatusTest, OkHasNoDetails) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(StatusTest, CarriesCodeMessageAndAlwaysAnErrorInfo) {
  const grpc::Status status = ToGrpcStatus(absl::NotFoundError("no such station"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such station");
  const v1::Status details = DetailsOf(status);
  EXPECT_EQ(details.code(), 5);
  EXPECT_EQ(details.message(), "no such station");
  ASSERT_THAT(TypesOf(details), ElementsAre("type.googleapis.com/google.rpc.ErrorInfo"));
  EXPECT_EQ(Detail<v1::ErrorInfo>(details, "ErrorInfo").domain(), "tremorcast");
  EXPECT_EQ(Detail<v1::ErrorInfo>(details, "ErrorInfo").reason(), "NOT_FOUND");
}

TEST(StatusTest, KeepsAReasonWithItsMetadata) {
  const auto details =
      DetailsOf(ToGrpcStatus(WithReason(absl::AlreadyExistsError("x"), "BATCH_ID_REUSED", {{"batch_id", "b7"}})));
  const auto info = Detail<v1::ErrorInfo>(details, "ErrorInfo");
  EXPECT_EQ(info.reason(), "BATCH_ID_REUSED");
  EXPECT_EQ(info.metadata().at("batch_id"), "b7");
}

TEST(StatusTest, TellsRetryableFailuresWhenToComeBack) {
  for (const absl::Status& failure : {absl::UnavailableError("x"), absl::ResourceExhaustedError("x")}) {
    EXPECT_EQ(Detail<v1::RetryInfo>(DetailsOf(ToGrpcStatus(failure)), "RetryInfo").retry_delay().seconds(), 1);
  }
  EXPECT_THAT(TypesOf(DetailsOf(ToGrpcStatus(absl::InternalError("x")))),
              ElementsAre("type.googleapis.com/google.rpc.ErrorInfo"));
}

TEST(StatusTest, KeepsARetryDelayBelowASecond) {
  const absl::Status status = WithRetryDelay(absl::ResourceExhaustedError("full"), absl::Milliseconds(250));
  EXPECT_EQ(RetryDelay(status), absl::Milliseconds(250));
  EXPECT_EQ(Detail<v1::RetryInfo>(DetailsOf(ToGrpcStatus(status)), "RetryInfo").retry_delay().nanos(), 250000000);
}

TEST(StatusTest, NamesEveryFieldAtFault) {
  const grpc::Status status =
      ToGrpcStatus(InvalidFields({{"batch.batch_id", "is required"}, {"batch.rows", "is too long"}}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("batch.batch_id: is required"));
  const auto bad = Detail<v1::BadRequest>(DetailsOf(status), "BadRequest");
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(1).field(), "batch.rows");
}

TEST(StatusTest, CapsViolationsByNumberAndBySize) {
  std::vector<FieldViolation> few_words, many_words;
  for (int i = 0; i < 500; ++i) {
    few_words.push_back({absl::StrCat("f", i), "bad"});
    many_words.push_back({absl::StrCat("f", i), std::string(400, 'x')});
  }
  const grpc::Status by_number = ToGrpcStatus(InvalidFields(few_words));
  EXPECT_EQ(Detail<v1::BadRequest>(DetailsOf(by_number), "BadRequest").field_violations_size(), kMaxFieldViolations);
  EXPECT_EQ(Detail<v1::ErrorInfo>(DetailsOf(by_number), "ErrorInfo").metadata().at("violations"), "500");
  // gRPC peers drop metadata above 8 KiB, and the status with it; binary values grow by a third.
  EXPECT_LT(ToGrpcStatus(InvalidFields(many_words)).error_details().size() * 4 / 3, 7000u);
}

TEST(StatusTest, ShowsWhatAClientSentSoThatEveryClientCanReadIt) {
  std::string letters = "a";  // so that the cut falls within a letter
  for (int i = 0; i < 400; ++i) letters += "\u00e9";
  const grpc::Status status = ToGrpcStatus(InvalidFields({{"x", std::string("of \0\x1b[31m", 9)}, {"y", letters}}));
  EXPECT_EQ(status.error_message(), "x: of \\u0000\\u001b[31m (and 1 more)");
  const auto bad_request = Detail<v1::BadRequest>(DetailsOf(status), "BadRequest");
  ASSERT_EQ(bad_request.field_violations_size(), 2);
  EXPECT_EQ(bad_request.field_violations(0).description(), "of \\u0000\\u001b[31m");
  EXPECT_EQ(bad_request.field_violations(1).description(), letters.substr(0, 499));
}

}  // namespace
}  // namespace tremorcast::rpc
