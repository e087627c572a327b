#include "platform/secrets/secrets.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace sinan::secrets {
namespace {

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hmac, MatchesRfc4231) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(RandomToken, IsLongAndNeverTheSame) {
  EXPECT_EQ(random_token(16).size(), 32U);
  EXPECT_NE(random_token(), random_token());
}

TEST(KeyFile, IsMadeOnceForItsOwnerAloneAndRefusedWhenDamaged) {
  auto folder = std::filesystem::temp_directory_path() / ("sinan-keys-" + std::to_string(::getpid()));
  auto file = folder / "audit";
  auto key = key_file(file);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->size(), 32U);
  EXPECT_EQ(*key_file(file), *key);
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_EQ(key_file(file).error().code, ErrorCode::kCorrupt);
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::remove);
  std::ofstream(file, std::ios::trunc) << "short";
  EXPECT_EQ(key_file(file).error().code, ErrorCode::kCorrupt);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sinan::secrets
