// Secrets by reference: what is refused, and that no message holds one.

#include "daemon/config/secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace roster::config {
namespace {

constexpr char kSecret[] = "hunter2-hunter2";

class Secret : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "roster-secret-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    ::unsetenv("ROSTER_TEST_SECRET");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    std::filesystem::remove_all(folder_);
  }

  SecretRef File(const std::string& content, mode_t mode = 0600) {
    const auto path = folder_ / "key";
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return {SecretRef::Kind::kFile, path.string()};
  }

  static void ExpectRefused(const SecretRef& ref, const std::string& reason) {
    const auto result = Resolve(ref);
    ASSERT_FALSE(result) << reason;
    EXPECT_EQ(result.error().reason, reason);
    EXPECT_NE(result.error().message.find(ToString(ref)), std::string::npos);
    EXPECT_EQ(result.error().message.find("hunter2"), std::string::npos);
  }

  std::filesystem::path folder_;
};

TEST_F(Secret, FileGivesItsLine) {
  for (const char* ending : {"", "\n", "\r\n"}) {
    const auto result = Resolve(File(std::string(kSecret) + ending));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(*result, kSecret);
  }
}

TEST_F(Secret, OnlyOneLineBreakIsTakenOff) {
  ExpectRefused(File(std::string(kSecret) + "\n\n"), "secret-malformed");
}

TEST_F(Secret, FileThatEverybodyMayReadIsRefused) {
  ExpectRefused(File(kSecret, 0604), "secret-world-readable");
  EXPECT_TRUE(Resolve(File(kSecret, 0640)));
}

TEST_F(Secret, EmptyIsRefused) {
  ExpectRefused(File(""), "secret-empty");
  ExpectRefused(File("\n"), "secret-empty");
}

TEST_F(Secret, LengthIsLimited) {
  EXPECT_TRUE(Resolve(File(std::string(kSecretBytesMax, 'x') + "\r\n")));
  ExpectRefused(File(std::string(kSecretBytesMax + 1, 'x')), "secret-too-long");
  ExpectRefused(File(std::string(100'000, 'x')), "secret-too-long");
}

// It goes into an HTTP header.
TEST_F(Secret, ControlCharactersAreRefused) {
  ExpectRefused(File("hunter2\r\nX-Other: y"), "secret-malformed");
  ExpectRefused(File(std::string("hunter2\0y", 9)), "secret-malformed");
}

TEST_F(Secret, WhatIsNoFileIsRefused) {
  ExpectRefused({SecretRef::Kind::kFile, (folder_ / "none").string()}, "secret-unreadable");
  ExpectRefused({SecretRef::Kind::kFile, folder_.string()}, "secret-unreadable");
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ExpectRefused({SecretRef::Kind::kFile, pipe}, "secret-unreadable");  // and does not wait
}

TEST_F(Secret, EnvironmentGivesItsValue) {
  const SecretRef ref{SecretRef::Kind::kEnv, "ROSTER_TEST_SECRET"};
  ExpectRefused(ref, "secret-unreadable");
  ::setenv("ROSTER_TEST_SECRET", kSecret, 1);
  EXPECT_EQ(Resolve(ref).value_or(""), kSecret);
  ::setenv("ROSTER_TEST_SECRET", "", 1);
  ExpectRefused(ref, "secret-empty");
  ::setenv("ROSTER_TEST_SECRET", std::string(10'000, 'x').c_str(), 1);
  ExpectRefused(ref, "secret-too-long");
}

TEST_F(Secret, CredentialIsInSystemdsDirectory) {
  const SecretRef ref{SecretRef::Kind::kCredential, "key"};
  ExpectRefused(ref, "secret-unreadable");
  File(kSecret, 0400);
  ::setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  EXPECT_EQ(Resolve(ref).value_or(""), kSecret);
  ExpectRefused({SecretRef::Kind::kCredential, "../key"}, "secret-unreadable");
}

TEST_F(Secret, ReferenceIsWrittenAsInTheConfig) {
  EXPECT_EQ(ToString({SecretRef::Kind::kFile, "/a"}), "{file: /a}");
  EXPECT_EQ(ToString({SecretRef::Kind::kEnv, "A"}), "{env: A}");
  EXPECT_EQ(ToString({SecretRef::Kind::kCredential, "a"}), "{credential: a}");
}

}  // namespace
}  // namespace roster::config
