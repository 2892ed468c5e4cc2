#pragma once

// Request messages of any type from the bytes of an input, by their descriptors: texts and names that a
// small world knows often enough, numbers at their extremes, times of every kind.

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "core/observation/feature_schema.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/server_over_fakes.h"

namespace tremorcast {

// Longer than any text may be, and cut within a letter wherever it is cut after an even number of
// bytes.
inline std::string LongText() {
  std::string text = "a";
  while (text.size() < 601) text += "\xc3\xa9";
  return text;
}

// What is added later goes to the end: the kept inputs count on the order.
inline std::vector<std::string> TextsOf(const ServerOverFakes& server, const std::string& page_token) {
  return {"",
          "stations/s1",
          "stations/s2",
          "stations/none",
          "regions/area-1",
          "regions/-",
          "regions/none",
          "regions/area-1/forecasts/latest",
          server.forecast_name(),
          server.model_name(),
          "models/none",
          page_token,
          "cenc",
          "1",
          "2",
          "test",
          "b1",
          std::string(FeatureNames(Signal::kMagn)[0]),
          std::string(FeatureNames(Signal::kSound)[0]),
          FeatureSchemaHash(),
          "*",
          "title",
          "location",
          "valid_to_time",
          "polygon",
          "tremorcast.v1.IngestService",
          "a reason",
          "two\nlines",
          "red\x1b[31m",
          std::string("\xe2\x80\xae") + "back",
          "\xff\xfe",
          "\xe2\x82",
          std::string("auto\0", 5),
          "\xf0\x9f\x8c\x8b",
          "regions/_network",
          LongText()};
}

// Fills a message from the front of `input`: a byte names a field by its number (one that is no
// number: by its place), 0 ends the message. A field of a list gets one more element each time; a
// list of numbers several. At the end of the input everything ends.
class Filler {
 public:
  // Both must outlive it.
  Filler(absl::string_view* input, const std::vector<std::string>& texts) : input_(*input), texts_(texts) {}

  void Fill(google::protobuf::Message* message) {
    const google::protobuf::Descriptor& type = *message->GetDescriptor();
    while (!input_.empty() && type.field_count() > 0) {
      const int number = TakeByte(&input_);
      if (number == 0) return;
      const google::protobuf::FieldDescriptor* field = type.FindFieldByNumber(number);
      FillField(message, field != nullptr ? *field : *type.field(number % type.field_count()));
    }
  }

 private:
  void FillField(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field) {
    const google::protobuf::Reflection& reflection = *message->GetReflection();
    switch (field.cpp_type()) {
      case google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE: {
        google::protobuf::Message* below =
            field.is_repeated() ? reflection.AddMessage(message, &field) : reflection.MutableMessage(message, &field);
        auto* time = dynamic_cast<google::protobuf::Timestamp*>(below);
        return time != nullptr ? FillTime(time) : Fill(below);
      }
      case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
        return field.is_repeated() ? reflection.AddString(message, &field, TakeText())
                                   : reflection.SetString(message, &field, TakeText());
      default:
        break;
    }
    if (!field.is_repeated()) return PutNumber(message, field);
    const int count = TakeByte(&input_);
    if (count < 128) {
      for (int i = 0; i < count % 8; ++i) PutNumber(message, field);
      return;
    }
    // As many as a row has, all alike.
    const absl::string_view before = input_;
    const int row = FeatureCount(count % 2 == 0 ? Signal::kMagn : Signal::kSound);
    for (int i = 0; i < row; ++i) {
      input_ = before;
      PutNumber(message, field);
    }
  }

  void PutNumber(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field) {
    const auto put = [&](auto value, auto set, auto add) {
      (message->GetReflection()->*(field.is_repeated() ? add : set))(message, &field, value);
    };
    using R = google::protobuf::Reflection;
    switch (field.cpp_type()) {
      case google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE:
        return put(TakeDouble(), &R::SetDouble, &R::AddDouble);
      case google::protobuf::FieldDescriptor::CPPTYPE_FLOAT:
        return put(TakeFloat(), &R::SetFloat, &R::AddFloat);
      case google::protobuf::FieldDescriptor::CPPTYPE_INT32:
        return put(static_cast<int32_t>(TakeInteger()), &R::SetInt32, &R::AddInt32);
      case google::protobuf::FieldDescriptor::CPPTYPE_INT64:
        return put(TakeInteger(), &R::SetInt64, &R::AddInt64);
      case google::protobuf::FieldDescriptor::CPPTYPE_BOOL:
        return put((TakeByte(&input_) & 1) != 0, &R::SetBool, &R::AddBool);
      case google::protobuf::FieldDescriptor::CPPTYPE_ENUM:
        return put(static_cast<int>(TakeInteger()), &R::SetEnumValue, &R::AddEnumValue);
      default:
        FUZZ_CHECK(false);  // a type that no request had: say how it is filled
    }
  }

  std::string TakeRaw(size_t size) {
    std::string raw(input_.substr(0, size));
    input_.remove_prefix(raw.size());
    return raw;
  }
  uint64_t TakeBits() {
    uint64_t bits = 0;
    const std::string raw = TakeRaw(sizeof(bits));
    std::memcpy(&bits, raw.data(), raw.size());
    return bits;
  }
  // One we know, our own bytes, both, or a long one.
  std::string TakeText() {
    const uint8_t kind = TakeByte(&input_);
    if (kind < 64) return texts_[kind % texts_.size()];
    if (kind < 128) return TakeRaw(TakeByte(&input_));
    if (kind < 192) return texts_[kind % texts_.size()] + TakeRaw(TakeByte(&input_));
    return std::string(static_cast<size_t>(kind - 191) * 128, 'x');
  }
  int64_t TakeInteger() {
    static constexpr int64_t kExtremes[] = {-1,        INT64_MIN, INT64_MAX, INT32_MIN, INT32_MAX,
                                            1'000'000, 1000,      -2,        10'000,    int64_t{1} << 32};
    const uint8_t kind = TakeByte(&input_);
    if (kind < 128) return kind;
    return kind < 240 ? kExtremes[kind % std::size(kExtremes)] : static_cast<int64_t>(TakeBits());
  }
  double TakeDouble() {
    constexpr double kEndless = std::numeric_limits<double>::infinity();
    static constexpr double kExtremes[] = {-1,
                                           0.5,
                                           3.5,
                                           -0.0,
                                           DBL_MIN,
                                           DBL_MAX,
                                           -DBL_MAX,
                                           1e300,
                                           kEndless,
                                           -kEndless,
                                           std::numeric_limits<double>::quiet_NaN(),
                                           -90,
                                           90.5,
                                           180,
                                           -180,
                                           360,
                                           1e-300,
                                           4.9e-324,
                                           1e18,
                                           29.9999};
    const uint8_t kind = TakeByte(&input_);
    if (kind < 128) return kind;
    return kind < 240 ? kExtremes[kind % std::size(kExtremes)] : std::bit_cast<double>(TakeBits());
  }
  float TakeFloat() {
    static constexpr float kExtremes[] = {-1,       0.5F,     -0.0F,     FLT_MIN, FLT_MAX,
                                          -FLT_MAX, INFINITY, -INFINITY, NAN,     1e-45F};
    const uint8_t kind = TakeByte(&input_);
    if (kind < 128) return kind;
    return kind < 240 ? kExtremes[kind % std::size(kExtremes)]
                      : std::bit_cast<float>(static_cast<uint32_t>(TakeBits()));
  }
  // Times of the small world, slots around it, the ends of the calendar, or any.
  void FillTime(google::protobuf::Timestamp* time) {
    const int64_t week = absl::ToUnixSeconds(kSmallWorldWeek);
    const int64_t known[] = {week,
                             week - 604800,
                             week + 3600,
                             week - 600,
                             week + 1200,
                             week + 604800,
                             week - 18 * 86400,
                             week - 700 * 86400,
                             week + 5,
                             0,
                             -62135596800,
                             -62135596801,
                             253402300799,
                             253402300800,
                             INT64_MIN,
                             INT64_MAX,
                             -1,
                             week - 2 * 604800};
    static constexpr int32_t kNanos[] = {1, 999'999'999, -1, 1'000'000'000, INT32_MAX, INT32_MIN, 1000};
    const uint8_t kind = TakeByte(&input_);
    if (kind >= 128 && kind < 192) return Fill(time);
    time->set_seconds(kind < 64 || kind >= 192 ? known[kind % std::size(known)] : week + (kind - 96) * 600);
    if (kind >= 192) time->set_nanos(kNanos[TakeByte(&input_) % std::size(kNanos)]);
  }

  absl::string_view& input_;
  const std::vector<std::string>& texts_;
};

}  // namespace tremorcast
