// Files that are there as a whole, or as they were.
#include "base/whole_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace sinan {
namespace {

namespace fs = std::filesystem;

class WholeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "sinan-whole-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::ofstream(file()) << "as it was";
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path file() const { return folder_ / "rows.csv"; }
  static std::string content(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  auto entries() const { return std::distance(fs::directory_iterator(folder_), fs::directory_iterator()); }

  fs::path folder_;
};

TEST_F(WholeFileTest, AFileIsAsItWasUntilTheNewOneIsFinished) {
  {
    WholeFile file(this->file());
    ASSERT_TRUE(file.open());
    ASSERT_TRUE(file.write("half"));
    EXPECT_EQ(content(this->file()), "as it was");
  }
  EXPECT_EQ(content(file()), "as it was");
  EXPECT_EQ(entries(), 1) << "a draft that was given up is gone";
  ASSERT_TRUE(write_whole_file(file(), "new"));
  EXPECT_EQ(content(file()), "new");
  EXPECT_EQ(entries(), 1);
}

TEST_F(WholeFileTest, ALinkIsFollowedAndFoldersAndDevicesStay) {
  fs::create_symlink(file(), folder_ / "link");
  ASSERT_TRUE(write_whole_file(folder_ / "link", "new"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content(file()), "new");
  for (const fs::path& place : {folder_, fs::path("/dev/null"), folder_ / "nowhere" / "a.csv"}) {
    auto status = write_whole_file(place, "new");
    ASSERT_FALSE(status) << place;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(status.error().place, place.string());
  }
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(entries(), 2);
}

TEST_F(WholeFileTest, NoRoomIsAnErrorOfItsOwnAndLeavesNothing) {
  pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit{1024, 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto status = write_whole_file(file(), std::string(100'000, 'x'));
    ::_exit(!status && status.error().code == ErrorCode::kDiskFull ? 42 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(content(file()), "as it was");
  EXPECT_EQ(entries(), 1);
}

}  // namespace
}  // namespace sinan
