#include "model/checkpoint/safetensors.h"

#include <cstring>
#include <limits>
#include <string>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

SafetensorsFile TwoTensors() {
  SafetensorsFile file;
  file.metadata["note"] = "two \"tensors\"";
  file.tensors["a"] = {{2, 2}, {1, 2, 3, 4}};
  file.tensors["b"] = {{3}, {5, 6, 7}};
  return file;
}

std::string WithHeader(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

absl::StatusCode CodeOf(const std::string& bytes) { return ReadSafetensors(bytes).status().code(); }

TEST(SafetensorsTest, ReadsBackWhatItWrote) {
  const SafetensorsFile file = TwoTensors();
  const auto read = ReadSafetensors(WriteSafetensors(file));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->metadata, file.metadata);
  EXPECT_EQ(read->tensors, file.tensors);
}

TEST(SafetensorsTest, TheDataBeginOnAnEightByteBoundary) {
  const std::string bytes = WriteSafetensors(TwoTensors());
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0u);
  EXPECT_EQ(bytes.size(), 8 + length + 7 * 4);
}

TEST(SafetensorsTest, EveryTruncationIsRefused) {
  const std::string bytes = WriteSafetensors(TwoTensors());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(CodeOf(bytes.substr(0, size)), absl::StatusCode::kDataLoss) << size;
  EXPECT_EQ(CodeOf(bytes + "x"), absl::StatusCode::kDataLoss);
}

TEST(SafetensorsTest, HugeHeaderLengthsAreRefusedUnread) {
  for (uint64_t length : {uint64_t{1} << 40, std::numeric_limits<uint64_t>::max(), kMaxSafetensorsHeader + 1}) {
    std::string bytes = WriteSafetensors(TwoTensors());
    std::memcpy(bytes.data(), &length, 8);
    EXPECT_EQ(CodeOf(bytes), absl::StatusCode::kDataLoss);
  }
}

TEST(SafetensorsTest, OffsetsThatLeaveGapsOverlapOrEscapeAreRefused) {
  const std::string data(16, '\0');
  const auto one = [](const char* shape, const char* offsets) {
    return absl::StrCat(R"("a":{"dtype":"F32","shape":)", shape, R"(,"data_offsets":)", offsets, "}");
  };
  const std::string good = one("[4]", "[0,16]");
  EXPECT_EQ(CodeOf(WithHeader("{" + good + "}", data)), absl::StatusCode::kOk);
  for (const char* offsets :
       {"[0,12]", "[4,20]", "[16,0]", "[-4,12]", "[0]", "[0,16,32]", "[0,1e99]", "\"0,16\"", "[0.0,16.0]"}) {
    EXPECT_EQ(CodeOf(WithHeader("{" + one("[4]", offsets) + "}", data)), absl::StatusCode::kDataLoss) << offsets;
  }
  for (const char* shape :
       {"[5]", "[-4]", "[0]", "4", "[4294967296,4294967296]", "[2147483648,2147483648,4]", "[null]"}) {
    EXPECT_EQ(CodeOf(WithHeader("{" + one(shape, "[0,16]") + "}", data)), absl::StatusCode::kDataLoss) << shape;
  }
  const std::string overlap =
      R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})";
  EXPECT_EQ(CodeOf(WithHeader(overlap, data)), absl::StatusCode::kDataLoss);
  const std::string gap =
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})";
  EXPECT_EQ(CodeOf(WithHeader(gap, data)), absl::StatusCode::kDataLoss);
}

TEST(SafetensorsTest, OtherTypesAndHeadersThatAreNotObjectsAreRefused) {
  const std::string data(16, '\0');
  EXPECT_EQ(CodeOf(WithHeader(R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}})", data)),
            absl::StatusCode::kDataLoss);
  for (const char* header :
       {"", "[]", "null", "{", "{\"a\":1}", "{\"__metadata__\":{\"x\":1}}", "{\"__metadata__\":[]}"}) {
    EXPECT_EQ(CodeOf(WithHeader(header, data)), absl::StatusCode::kDataLoss) << header;
  }
  EXPECT_EQ(CodeOf(WithHeader(std::string(100000, '['), data)), absl::StatusCode::kDataLoss);
}

TEST(SafetensorsTest, NumbersThatAreNotFiniteAreRefused) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    SafetensorsFile file = TwoTensors();
    file.tensors["b"].values[1] = bad;
    EXPECT_EQ(CodeOf(WriteSafetensors(file)), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace tremorcast
