#include "core/base/digest.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(Sha256Test, AgreesWithFips180) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc").size(), 32u);
  EXPECT_EQ(HexOf(Sha256("abc")), Sha256Hex("abc"));
}

TEST(Sha256StreamTest, GivesTheSameInPieces) {
  Sha256Stream stream;
  stream.Update("a");
  stream.Update("");
  Sha256Stream moved = std::move(stream);
  moved.Update("bc");
  EXPECT_EQ(moved.Finish(), Sha256("abc"));
}

TEST(Sha256StreamTest, TellsFieldBoundariesApart) {
  Sha256Stream one;
  one.UpdateField("ab");
  one.UpdateField("c");
  Sha256Stream other;
  other.UpdateField("a");
  other.UpdateField("bc");
  EXPECT_NE(one.Finish(), other.Finish());
}

}  // namespace
}  // namespace tremorcast
