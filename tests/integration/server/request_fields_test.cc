// Every field of every request at what it should not be: texts that are not plain or too long, and
// numbers at their extremes. The fields are found in the descriptors, so one that is added later is
// tried too.

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/json_util.h>

#include "server/rpc/grpc_server.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/any_call.h"

namespace tremorcast {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using testing::Contains;
using testing::IsEmpty;

// Calls `visit` with the message that holds each field below `message`, the field, and its path. A
// message that is not there is made, and a list gets one element more. What it made stays, so give it
// a copy.
using Visit = std::function<void(Message* holder, const FieldDescriptor& field, const std::string& path)>;
void EachField(Message* message, const std::string& prefix, const Visit& visit) {
  const auto& reflection = *message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message->GetDescriptor()->field(i);
    const int size = field.is_repeated() ? reflection.FieldSize(*message, &field) : 0;
    const std::string path =
        absl::StrCat(prefix, field.name(), field.is_repeated() ? absl::StrCat("[", size, "]") : "");
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      visit(message, field, path);
      continue;
    }
    Message* below =
        field.is_repeated() ? reflection.AddMessage(message, &field) : reflection.MutableMessage(message, &field);
    EachField(below, path + ".", visit);
  }
}

class RequestFieldsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    StartServer();
    RegisterStation("s1");
    RegisterRegion("area-1");
    v1::BatchVerdict verdict;
    ASSERT_TRUE(Send(MakeBatch("s1", "first", kWeek, 2), &verdict).ok());
  }
};

TEST_F(RequestFieldsTest, KnowsTheMethodsOfEveryServiceThatTheServerHas) {
  std::set<std::string> known = {"grpc.health.v1.Health"};
  for (const MethodDescriptor* method : EveryMethod()) known.insert(method->service()->full_name());
  EXPECT_THAT(rpc::ServiceNames(), testing::UnorderedElementsAreArray(known));
}

TEST_F(RequestFieldsTest, ATextThatIsNotPlainOrTooLongIsRefusedByItsPathEverywhere) {
  const auto channel = Channel();
  const std::string bad[] = {std::string("auto\0", 5), "red\x1b[31m", "two\nlines", "\u202eback", "\u200b",
                             std::string(300'000, 'x')};
  int texts = 0;
  for (const MethodDescriptor* method : EveryMethod()) {
    // The paths once, then each alone in an otherwise empty request.
    std::vector<std::string> paths;
    const auto all = NewRequest(*method);
    EachField(all.get(), "", [&](Message*, const FieldDescriptor& field, const std::string& path) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) paths.push_back(path);
    });
    for (const std::string& path : paths) {
      ++texts;
      for (const std::string& text : bad) {
        const auto request = NewRequest(*method);
        EachField(request.get(), "", [&](Message* holder, const FieldDescriptor& field, const std::string& here) {
          if (here != path) return;
          field.is_repeated() ? holder->GetReflection()->AddString(holder, &field, text)
                              : holder->GetReflection()->SetString(holder, &field, text);
        });
        const grpc::Status status = CallWithBytes(channel, *method, request->SerializeAsString());
        EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
            << method->full_name() << " " << path << ": " << status.error_message();
        EXPECT_THAT(FieldsOf(DetailsOf(status)), Contains(path)) << method->full_name();
      }
    }
  }
  EXPECT_GT(texts, 30) << "the fields were found";
}

// Of any message below this one, the paths of those that are not there and may hold numbers.
std::vector<std::string> Missing(const Message& message, const std::string& prefix = "") {
  std::vector<std::string> missing;
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field.message_type() == google::protobuf::FieldMask::descriptor()) continue;
    const std::string path = absl::StrCat(prefix, field.name());
    const bool there =
        field.is_repeated() ? reflection.FieldSize(message, &field) > 0 : reflection.HasField(message, &field);
    if (!there) {
      missing.push_back(path);
      continue;
    }
    const Message& below = field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, 0)
                                               : reflection.GetMessage(message, &field);
    for (std::string& deeper : Missing(below, path + ".")) missing.push_back(std::move(deeper));
  }
  return missing;
}

// A valid request to start from, as JSON, with every message that it may hold; methods that are not
// here start from an empty one.
const std::map<std::string, std::string>& ValidRequests() {
  static const auto& requests = *new std::map<std::string, std::string>{
      {"ImportEvents", R"({"events": [{"source": "t", "sourceEventId": "1", "originTime": "2020-12-01T00:00:00Z",
          "epicenter": {"latitudeDegrees": 30, "longitudeDegrees": 103}, "depthKm": 10, "magnitude": 4,
          "recordTime": "2020-12-01T00:00:00Z", "updateTime": "2020-12-01T00:00:00Z"}],
          "withdrawals": [{"source": "t", "sourceEventId": "2", "updateTime": "2020-12-01T00:00:00Z"}],
          "completeUntilTime": "2020-12-02T00:00:00Z", "completeSource": "t"})"},
      {"ListEvents", R"({"startTime": "2020-01-01T00:00:00Z", "endTime": "2020-12-31T00:00:00Z", "minMagnitude": 3,
          "asOfTime": "2020-12-31T00:00:00Z"})"},
      {"StateCompleteness", R"({"statement": {"source": "t", "completeFromTime": "2020-01-01T00:00:00Z",
          "completeUntilTime": "2020-12-01T00:00:00Z", "magnitude": 3.5, "stateTime": "2020-12-01T00:00:00Z",
          "revokeTime": "2020-12-02T00:00:00Z"}})"},
      {"DecideIdentity", R"({"verdict": "IDENTITY_VERDICT_JOINED", "event": {"source": "t", "sourceEventId": "1"},
          "other": {"source": "u", "sourceEventId": "1"}, "reason": "r"})"},
      {"UpdateStation",
       R"({"station": {"name": "stations/s1", "location": {"latitudeDegrees": 30, "longitudeDegrees": 103},
          "validFromTime": "2020-01-01T00:00:00Z", "validToTime": "2030-01-01T00:00:00Z"}, "allowMissing": true})"},
      {"UpdateRegion", R"({"region": {"name": "regions/area-1", "polygon": {"points": [
          {"latitudeDegrees": 29, "longitudeDegrees": 102}, {"latitudeDegrees": 29, "longitudeDegrees": 104},
          {"latitudeDegrees": 31, "longitudeDegrees": 104}]}}, "allowMissing": true})"},
      {"CorrectObservation", R"({"station": "stations/s1", "slotTime": "2020-12-05T16:00:00Z", "reason": "r",
          "actor": "a", "values": [{"feature": "magn@var", "value": 1}]})"},
      {"ListForecasts", R"({"parent": "regions/area-1", "startTime": "2020-01-01T00:00:00Z",
          "endTime": "2020-12-31T00:00:00Z"})"},
      {"GetForecast", R"({"name": "regions/area-1/forecasts/latest"})"},
      {"WatchForecasts", R"({"resumeSequence": "0"})"},
      {"ComputeForecast", R"({"region": "regions/area-1", "issueTime": "2020-12-05T16:00:00Z", "validateOnly": true})"},
      {"GetTrackRecord", R"({"region": "regions/area-1"})"},
      {"GetStationWindow", R"({"station": "stations/s1", "startTime": "2020-11-28T16:00:00Z"})"}};
  return requests;
}

// Sets the field, in the element that is last when it is in a list, to each extreme of its type.
void EachExtreme(const FieldDescriptor& field, const std::function<void(const std::function<void(Message*)>&)>& with) {
  const auto set = [&](auto value, auto setter, auto adder) {
    with([&field, value, setter, adder](Message* holder) {
      const auto* reflection = holder->GetReflection();
      field.is_repeated() ? (reflection->*adder)(holder, &field, value) : (reflection->*setter)(holder, &field, value);
    });
  };
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      for (const double value :
           {-DBL_MAX, DBL_MAX, DBL_MIN, -0.0, 1e300, double{INFINITY}, -double{INFINITY}, double{NAN}}) {
        set(value, &R::SetDouble, &R::AddDouble);
      }
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      for (const float value : {-FLT_MAX, FLT_MAX, FLT_MIN, -0.0F, INFINITY, -INFINITY, NAN}) {
        set(value, &R::SetFloat, &R::AddFloat);
      }
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      for (const int32_t value : {INT32_MIN, INT32_MAX, -1, 0, 1}) set(value, &R::SetInt32, &R::AddInt32);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      // Those of the calendar too: 0001-01-01, 9999-12-31, each and one beyond.
      for (const int64_t value : {INT64_MIN, INT64_MAX, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{-62135596800},
                                  int64_t{-62135596801}, int64_t{253402300799}, int64_t{253402300800}}) {
        set(value, &R::SetInt64, &R::AddInt64);
      }
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      for (const int value : {INT32_MIN, INT32_MAX, -1, 0, 99}) set(value, &R::SetEnumValue, &R::AddEnumValue);
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      for (const bool value : {false, true}) set(value, &R::SetBool, &R::AddBool);
      break;
    default:
      break;
  }
}

TEST_F(RequestFieldsTest, ANumberAtItsExtremeIsAnsweredAndNeverAFaultOfTheService) {
  const auto channel = Channel();
  int numbers = 0;
  for (const MethodDescriptor* method : EveryMethod()) {
    if (absl::StrContains(method->name(), "Observations") &&
        method->input_type()->FindFieldByName("batch") != nullptr) {
      continue;  // below: there every row has its own verdict
    }
    const auto valid = NewRequest(*method);
    if (const auto at = ValidRequests().find(method->name()); at != ValidRequests().end()) {
      const auto read = google::protobuf::util::JsonStringToMessage(at->second, valid.get());
      ASSERT_TRUE(read.ok()) << method->name() << ": " << read.ToString();
    }
    EXPECT_THAT(Missing(*valid), IsEmpty()) << method->name() << ": their fields would not be tried";
    // Each field in the messages that are there, and no message that is not.
    const std::function<void(const Message&, const std::vector<std::pair<const FieldDescriptor*, int>>&)> walk =
        [&](const Message& here, const std::vector<std::pair<const FieldDescriptor*, int>>& way) {
          for (int i = 0; i < here.GetDescriptor()->field_count(); ++i) {
            const FieldDescriptor& field = *here.GetDescriptor()->field(i);
            const auto& reflection = *here.GetReflection();
            if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
              const int size =
                  field.is_repeated() ? reflection.FieldSize(here, &field) : reflection.HasField(here, &field);
              for (int at = 0; at < size; ++at) {
                auto longer = way;
                longer.emplace_back(&field, field.is_repeated() ? at : -1);
                walk(field.is_repeated() ? reflection.GetRepeatedMessage(here, &field, at)
                                         : reflection.GetMessage(here, &field),
                     longer);
              }
              continue;
            }
            EachExtreme(field, [&](const std::function<void(Message*)>& spoil) {
              ++numbers;
              const std::unique_ptr<Message> request(valid->New());
              request->CopyFrom(*valid);
              Message* holder = request.get();
              for (const auto& [step, at] : way) {
                const auto* reflect = holder->GetReflection();
                holder =
                    at < 0 ? reflect->MutableMessage(holder, step) : reflect->MutableRepeatedMessage(holder, step, at);
              }
              spoil(holder);
              const grpc::Status status = CallWithBytes(channel, *method, request->SerializeAsString());
              EXPECT_TRUE(IsAnswer(status.error_code()))
                  << method->full_name() << " answers " << status.error_code() << " " << status.error_message()
                  << " to " << request->ShortDebugString();
            });
          }
        };
    walk(*valid, {});
  }
  EXPECT_GT(numbers, 200) << "the fields were found";
}

TEST_F(RequestFieldsTest, ARowAtAnExtremeHasItsOwnVerdictAndKeepsNobodyOut) {
  const v1::ObservationBatch good = MakeBatch("s1", "good", kWeek + absl::Hours(2) - absl::Hours(24), 1);
  std::vector<v1::ObservationRow> bad;
  // Times, by second and by nanosecond; also at the starts of slots far away.
  for (const int64_t seconds : {INT64_MIN, INT64_MAX, int64_t{-62135596800}, int64_t{-62135596801},
                                int64_t{-62135596200}, int64_t{-62135078400}, int64_t{-2208988800}, int64_t{-600},
                                int64_t{0}, int64_t{253402300200}, int64_t{253402300799}, int64_t{253402300800}}) {
    bad.push_back(good.rows(0));
    bad.back().mutable_slot_time()->set_seconds(seconds);
  }
  for (const int32_t nanos : {INT32_MIN, INT32_MAX, -1, 1, 999999999, 1000000000}) {
    bad.push_back(good.rows(0));
    bad.back().mutable_slot_time()->set_nanos(nanos);
  }
  for (const int signal : {INT32_MIN, INT32_MAX, -1, 0, 99}) {
    bad.push_back(good.rows(0));
    bad.back().set_signal(static_cast<v1::Signal>(signal));
  }
  for (const float value : {INFINITY, -INFINITY, NAN}) {
    bad.push_back(good.rows(0));
    bad.back().set_values(3, value);
  }
  bad.push_back(good.rows(0));
  bad.back().clear_values();
  bad.push_back(good.rows(0));
  bad.back().clear_slot_time();

  // Each alone between two good rows, then all in one batch.
  const auto check = [&](v1::ObservationBatch batch, size_t count) {
    v1::BatchVerdict verdict;
    const grpc::Status status = Send(batch, &verdict);
    ASSERT_TRUE(status.ok()) << status.error_message() << " to " << batch.rows(1).ShortDebugString().substr(0, 100);
    EXPECT_EQ(verdict.rejected_count(), static_cast<int64_t>(count));
    EXPECT_EQ(verdict.accepted_count() + verdict.duplicate_count(), 2);
    EXPECT_EQ(verdict.runs(1).first_row(), 1);
    EXPECT_TRUE(absl::StartsWith(verdict.runs(1).field_path(), "rows[1]")) << verdict.runs(1).field_path();
  };
  for (size_t i = 0; i < bad.size(); ++i) {
    v1::ObservationBatch batch = good;
    batch.set_batch_id(absl::StrCat("bad-", i));
    *batch.mutable_rows(1) = bad[i];
    *batch.add_rows() = good.rows(1);
    check(batch, 1);
  }
  v1::ObservationBatch batch = good;
  batch.set_batch_id("bad-all");
  batch.mutable_rows()->RemoveLast();
  for (const v1::ObservationRow& row : bad) *batch.add_rows() = row;
  *batch.add_rows() = good.rows(1);
  check(batch, bad.size());
}

TEST_F(RequestFieldsTest, FiniteValuesAtTheirExtremesAreStoredToTheBit) {
  v1::ObservationBatch batch = MakeBatch("s1", "extremes", kWeek + absl::Minutes(20), 1);
  const float extremes[] = {-FLT_MAX, FLT_MAX, FLT_MIN, std::numeric_limits<float>::denorm_min(), -0.0F};
  for (int i = 0; i < 5; ++i) batch.mutable_rows(0)->set_values(i, extremes[i]);
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_EQ(verdict.accepted_count(), 2);
  batch.set_batch_id("again");
  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_EQ(verdict.duplicate_count(), 2);
}

}  // namespace
}  // namespace tremorcast
