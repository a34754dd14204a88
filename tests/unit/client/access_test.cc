// whoami, reload, keygen, and the files that keys are in.

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/certificate.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

v1::Reply Who() {
  v1::Reply reply;
  v1::WhoAmIReply& who = *reply.mutable_who_am_i();
  who.set_actor("key:9f86d081884c7d65");
  who.set_transport("tcp");
  who.add_names("ann");
  who.add_names("office");
  auto* school = who.add_schools();
  school->set_school("tcs");
  school->add_roles("viewer");
  school->add_roles("approver");
  school = who.add_schools();
  school->set_school("tcs-north");
  school->add_roles("viewer");
  return reply;
}

class Access : public testing::Test {
 protected:
  Access() {
    char name[] = "/tmp/roster-keys-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~Access() override { std::filesystem::remove_all(folder_); }

  std::string Read(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  unsigned ModeOf(const std::string& name) const {
    struct stat info {};
    return ::stat((folder_ + "/" + name).c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
  }

  FakeWorld world_;
  std::string folder_;
};

class AccessScreens : public Access, public testing::WithParamInterface<std::size_t> {
 protected:
  AccessScreens() { world_.terminal = Terminal{GetParam(), true, true, true, false}; }
};
INSTANTIATE_TEST_SUITE_P(Widths, AccessScreens, testing::Values(80, 120));

TEST_P(AccessScreens, WhoAmI) {
  world_.daemon.On("who_am_i", Who());
  ExpectScreen(world_, "whoami", {"whoami"});
}

TEST_P(AccessScreens, WhoAmIWithoutARole) {
  v1::Reply reply;
  reply.mutable_who_am_i()->set_actor("uid:1001");
  reply.mutable_who_am_i()->set_transport("ipc");
  world_.daemon.On("who_am_i", reply);
  ExpectScreen(world_, "whoami-nobody", {"whoami"});
}

TEST_P(AccessScreens, Reload) {
  v1::Reply reply;
  reply.mutable_reload()->add_changed("access");
  reply.mutable_reload()->add_changed("schools[tcs].guards");
  reply.mutable_reload()->add_needs_restart("endpoints.control");
  world_.daemon.On("reload", reply);
  ExpectScreen(world_, "reload", {"reload"});
}

TEST_P(AccessScreens, ReloadOfWhatIsTheSame) {
  v1::Reply reply;
  reply.mutable_reload();
  world_.daemon.On("reload", reply);
  ExpectScreen(world_, "reload-same", {"reload"});
}

TEST_F(Access, WhoAmIAsJsonIsTheReply) {
  world_.daemon.On("who_am_i", Who());
  const Ran ran = world_.Run({"whoami", "--json"});
  EXPECT_EQ(ran.exit, 0);
  v1::WhoAmIReply who;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ran.out, &who).ok());
  EXPECT_EQ(who.SerializeAsString(), Who().who_am_i().SerializeAsString());
  EXPECT_EQ(world_.daemon.requests.at(0).command_id(), "") << "it changes nothing";
}

TEST_F(Access, AReloadThatIsRefusedSaysWhy) {
  world_.daemon.On("reload", ErrorOf("invalid", "config", "line 3: access: no such key"));
  const Ran ran = world_.Run({"reload"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("line 3"), std::string::npos);
}

TEST_F(Access, AReloadThatIsRefusedSaysEachProblemOnALine) {
  const std::string said = "It was not taken.\nx.yaml:3: one\nx.yaml:7: two \x1B[2J";
  world_.daemon.On("reload", ErrorOf("invalid", "config", said));
  const Ran ran = world_.Run({"reload"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_TRUE(
      ran.err.starts_with("rosterctl: It was not taken.\n  x.yaml:3: one\n  x.yaml:7: two "))
      << ran.err;
  EXPECT_EQ(ran.err.find('\x1B'), std::string::npos);
  const Ran json = world_.Run({"reload", "--json"});
  EXPECT_NE(json.err.find("\"reason\":\"config\""), std::string::npos) << json.err;
}

TEST_F(Access, KeygenWritesBothFilesAndNeverOverAnything) {
  world_.daemon.connected = false;
  const mode_t before = ::umask(0);
  const Ran ran = world_.Run({"keygen", "ann", "--dir", folder_});
  ::umask(before);
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(world_.daemon.requests.empty());
  EXPECT_EQ(ModeOf("ann.cert"), 0644U);
  EXPECT_EQ(ModeOf("ann.cert_secret"), 0600U);
  const auto pair = ReadKeyPair(folder_ + "/ann.cert_secret");
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_TRUE(IsKey(pair->public_key));
  EXPECT_NE(pair->public_key, pair->secret_key);
  EXPECT_NE(Read("ann.cert").find("public-key = \"" + pair->public_key + "\""), std::string::npos);
  EXPECT_EQ(Read("ann.cert").find(pair->secret_key), std::string::npos);
  EXPECT_EQ(Read("ann.cert").find("secret-key"), std::string::npos);
  EXPECT_EQ((ran.out + ran.err).find(pair->secret_key), std::string::npos) << "never shown";
  EXPECT_NE(ran.out.find("keys: [\"" + pair->public_key + "\"]"), std::string::npos);
  EXPECT_NE(ran.out.find("{file: " + folder_ + "/ann.cert_secret}"), std::string::npos);
  EXPECT_NE(ran.out.find("{credential: ann.cert_secret}"), std::string::npos);
  EXPECT_NE(ran.out.find("LoadCredential=ann.cert_secret:" + folder_ + "/ann.cert_secret"),
            std::string::npos);

  const std::string kept = Read("ann.cert_secret");
  const Ran again = world_.Run({"keygen", "ann", "--dir", folder_});
  EXPECT_EQ(again.exit, 3);
  EXPECT_NE(again.err.find("never written over"), std::string::npos);
  EXPECT_EQ(Read("ann.cert_secret"), kept);
  // The public one alone is there: nothing new is left behind.
  std::filesystem::remove(folder_ + "/ann.cert_secret");
  EXPECT_EQ(world_.Run({"keygen", "ann", "--dir", folder_}).exit, 3);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/ann.cert_secret"));
}

TEST_F(Access, KeygenFollowsNoLink) {
  std::filesystem::create_symlink(folder_ + "/elsewhere", folder_ + "/ann.cert_secret");
  EXPECT_EQ(world_.Run({"keygen", "ann", "--dir", folder_}).exit, 3);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/elsewhere"));
  EXPECT_EQ(world_.Run({"keygen", "bob", "--dir", folder_ + "/none"}).exit, 2);
}

TEST_F(Access, KeygenAsJsonNamesTheFilesAndThePublicKey) {
  const Ran ran = world_.Run({"keygen", "ann", "--dir", folder_, "--json"});
  google::protobuf::Struct made;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ran.out, &made).ok()) << ran.out;
  EXPECT_EQ(made.fields().at("secret").string_value(), folder_ + "/ann.cert_secret");
  EXPECT_EQ(made.fields().at("publicKey").string_value(),
            ReadKeyPair(folder_ + "/ann.cert_secret")->public_key);
}

TEST_F(Access, AKeyThatOthersMayReadIsRefused) {
  ASSERT_TRUE(WriteKeyPair(MakeKeyPair(), "ann", folder_));
  const std::string path = folder_ + "/ann.cert_secret";
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const auto pair = ReadKeyPair(path);
  ASSERT_FALSE(pair);
  EXPECT_NE(pair.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(Access, WhatIsNoKeyPairIsRefusedWithAWord) {
  const auto why = [](const std::string& path) {
    const auto pair = ReadKeyPair(path);
    return pair ? "" : pair.error().message;
  };
  EXPECT_NE(why(folder_ + "/none").find("cannot be read"), std::string::npos);
  EXPECT_NE(why("/dev/null").find("is no file"), std::string::npos);
  ASSERT_TRUE(WriteKeyPair(MakeKeyPair(), "ann", folder_));
  ASSERT_EQ(::chmod((folder_ + "/ann.cert").c_str(), 0600), 0);
  EXPECT_NE(why(folder_ + "/ann.cert").find(".cert_secret"), std::string::npos);
}

TEST_F(Access, KeysAreForTcpAndComeFromTheCommandLine) {
  world_.daemon.On("who_am_i", Who());
  const KeyPair own = MakeKeyPair();
  const std::string server = MakeKeyPair().public_key;
  ASSERT_TRUE(WriteKeyPair(own, "ann", folder_));
  const std::string file = folder_ + "/ann.cert_secret";
  EXPECT_EQ(world_.Run({"whoami"}).exit, 0);
  EXPECT_FALSE(world_.keys);
  EXPECT_EQ(world_
                .Run({"whoami", "--endpoint", "tcp://10.0.0.5:7400", "--server-key=" + server,
                      "--key", file})
                .exit,
            0);
  ASSERT_TRUE(world_.keys);
  EXPECT_EQ(world_.keys->server_key, server);
  EXPECT_EQ(world_.keys->own.secret_key, own.secret_key);
  EXPECT_EQ(world_
                .Run({"whoami", "--endpoint", "tcp://10.0.0.5:7400", "--server-key=" + server,
                      "--key", file + "x"})
                .exit,
            2);
}

}  // namespace
}  // namespace roster::client
