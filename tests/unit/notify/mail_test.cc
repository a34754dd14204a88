// Mails: nothing can begin a header of its own, and a repeat is known by its Message-ID.

#include "client/notify/mail.h"

#include <gtest/gtest.h>

#include <sstream>

#include "client/notify/wording.h"
#include "tests/unit/notify/entries.h"

namespace roster::notify {
namespace {

Parcel Of(std::vector<v1::Entry> entries) {
  Parcel parcel;
  parcel.entries = std::move(entries);
  return parcel;
}

Delivery Made(const Parcel& parcel, std::set<std::uint64_t> awaiting = {}) {
  return {parcel,
          "people",
          "tcs",
          "Example School",
          std::move(awaiting),
          false,
          false,
          Zone::kUtc,
          Time(std::chrono::seconds(1'800'000'000))};
}

std::vector<std::string> HeaderLines(const std::string& mail) {
  std::vector<std::string> lines;
  const std::string head = mail.substr(0, mail.find("\r\n\r\n"));
  for (std::size_t at = 0; at <= head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    lines.push_back(head.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

TEST(Mail, AHeadersValueCannotBeginAnother) {
  for (const std::string evil :
       {"x\r\nBcc: all@example.org", "x\nBcc: all@example.org", "x\rBcc: a",
        "x\xE2\x80\xA8"
        "Bcc: a",
        "x\xC2\x85"
        "Bcc: a"}) {
    const std::string value = HeaderText(evil);
    for (std::size_t at = value.find_first_of("\r\n"); at != std::string::npos;
         at = value.find_first_of("\r\n", at + 2)) {
      EXPECT_EQ(value.substr(at, 3), "\r\n ") << "folded, and no other way";
    }
    EXPECT_TRUE(value.starts_with("=?UTF-8?B?") || value.find('\n') == std::string::npos) << value;
  }
  const Parcel parcel = Of({Review(1)});
  Delivery delivery = Made(parcel, {1});
  delivery.school_name = "S\r\nBcc: all@example.org\r\n\r\nbody";
  for (const std::string& line :
       HeaderLines(ComposeMail(delivery, "r@example.org", {"a@example.org"}))) {
    EXPECT_FALSE(line.starts_with("Bcc")) << line;
  }
}

TEST(Mail, AHeaderIsEncodedWhereItIsNotPlain) {
  EXPECT_EQ(HeaderText("[Example School] 3 new users"), "[Example School] 3 new users");
  EXPECT_EQ(HeaderText("École"), "=?UTF-8?B?w4ljb2xl?=");
  EXPECT_TRUE(HeaderText("=?utf-8?q?x?=").starts_with("=?UTF-8?B?"));
  std::istringstream folded(
      HeaderText(std::string(50, 'x') +
                 std::string(40, '\xC3').replace(0, 40, "ééééééééééééééééééééééééééééééééééééé")));
  for (std::string line; std::getline(folded, line);) EXPECT_LE(line.size(), 78U);
}

TEST(Mail, LinesAreShortAndSevenBit) {
  const std::string coded = QuotedPrintable("é" + std::string(300, 'x') + " \nend=\n");
  std::istringstream lines(coded);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 77U) << line;
    for (const char c : line) EXPECT_LT(static_cast<unsigned char>(c), 0x80U);
  }
  EXPECT_NE(coded.find("=20\r\n"), std::string::npos);
  EXPECT_NE(coded.find("end=3D\r\n"), std::string::npos);
}

TEST(Mail, AMessageIdIsOfTheRuleAndItsEntries) {
  const Parcel one = Of({Review(1), Away(2)});
  const Parcel same = Of({Review(1), Away(2)});
  const Parcel other = Of({Review(1), Away(3)});
  const std::string id = MessageId(Made(one), "r@example.org");
  EXPECT_EQ(id, MessageId(Made(same, {1}), "r@example.org"));
  EXPECT_NE(id, MessageId(Made(other), "r@example.org"));
  Delivery of_another = Made(one);
  of_another.rule = "others";
  EXPECT_NE(id, MessageId(of_another, "r@example.org"));
  Parcel reminder = Of({Review(1), Away(2)});
  reminder.kind = Parcel::Kind::kReminder;
  reminder.number = 1;
  const std::string first = MessageId(Made(reminder), "r@example.org");
  EXPECT_NE(first, id);
  reminder.number = 2;
  EXPECT_NE(MessageId(Made(reminder), "r@example.org"), first);
  reminder.number = 1;
  reminder.entries = {Away(2)};
  EXPECT_EQ(MessageId(Made(reminder), "r@example.org"), first) << "one was settled meanwhile";
  // Put back from a backup, the numbers are given out again.
  Parcel again = Of({Review(1), Away(2)});
  again.entries.back().mutable_at()->set_seconds(1'900'000'000);
  EXPECT_NE(MessageId(Made(again), "r@example.org"), id);
  EXPECT_TRUE(id.starts_with("<tcs.1.") && id.ends_with("@example.org>")) << id;
}

TEST(Mail, SaysWhatIsSettledAndWhatIsNot) {
  const Parcel parcel = Of({Review(1), Away(2)});
  const std::string mail = ComposeMail(Made(parcel, {2}), "r@example.org", {"a@example.org"});
  EXPECT_NE(mail.find("settled or acknowledged since"), std::string::npos);
  EXPECT_NE(mail.find("This awaits an operator. Run:"), std::string::npos);
  EXPECT_NE(mail.find("rosterctl --school tcs ack 2"), std::string::npos);
}

// Lines as they were before the quoted-printable encoding.
std::string Words(std::string mail) {
  for (std::size_t at = 0; (at = mail.find("\r\n", at)) != std::string::npos;) {
    mail.replace(at, 2, " ");
  }
  return mail;
}

TEST(Mail, SaysThatAnAcknowledgementIsForEverybodyAndEverything) {
  const Parcel parcel = Of({Away(2)});
  Delivery delivery = Made(parcel, {2});
  delivery.remind = true;
  const std::string mail = Words(ComposeMail(delivery, "r@example.org", {"a@example.org"}));
  EXPECT_NE(mail.find("You will be reminded until it is done."), std::string::npos) << mail;
  EXPECT_NE(mail.find("everything up to entry 2 of tcs is known, for everybody"), std::string::npos)
      << mail;
}

// Whoever reads it may have other schools than roster-notify sees.
TEST(Mail, EveryCommandNamesTheSchool) {
  const Parcel parcel = Of({Review(1), Dead(2, 3), Stopped(3)});
  const std::string mail = Words(ComposeMail(Made(parcel, {1, 2, 3}), "r@example.org", {"a@b.c"}));
  std::size_t commands = 0;
  for (std::size_t at = mail.find("    rosterctl "); at != std::string::npos;
       at = mail.find("    rosterctl ", at + 1)) {
    ++commands;
    EXPECT_EQ(mail.substr(at + 14, 13), "--school tcs ") << mail.substr(at, 60);
  }
  EXPECT_GE(commands, 6U) << mail;
}

TEST(Mail, PromisesNoRemindersOfARefusal) {
  const Parcel parcel = Of({Refused(2)});
  Delivery delivery = Made(parcel, {2});
  delivery.remind = true;
  const std::string mail = Words(ComposeMail(delivery, "r@example.org", {"a@example.org"}));
  EXPECT_EQ(mail.find("remind"), std::string::npos) << mail;
}

TEST(Wording, EveryMatterSaysWhomItAwaitsAndWhatToRun) {
  for (const v1::Entry& entry :
       {Review(1), Held(1, 7), First(1, 7), Rejected(1), Stopped(1), Away(1), Dead(1, 3),
        Unknown(1, 3, true), SiteStopped(1), SiteStopped(1, "connect"), Refused(1),
        Refused(1, "same-person"), Refused(1, "other-actor")}) {
    const Telling telling = Tell(entry, "tcs");
    EXPECT_FALSE(telling.headline.empty());
    EXPECT_FALSE(telling.awaits.empty()) << telling.headline;
    ASSERT_FALSE(telling.commands.empty()) << telling.headline;
    EXPECT_NE(telling.commands.back().find("rosterctl --school tcs "), std::string::npos);
  }
  EXPECT_TRUE(Tell(Review(1), "tcs").others.empty());
  EXPECT_EQ(Tell(Held(1, 7), "").commands.back(),
            "rosterctl sync 7 --override-guard --reason TEXT");
  EXPECT_EQ(Tell(Unknown(1, 3, true), "").commands.at(1), "rosterctl confirm 7.3");
}

// The first may have approved a part, or lifted guards: the plan itself shows what to type.
TEST(Wording, WhatAwaitsReviewIsCountedAsItIs) {
  v1::Entry entry = Review(1);
  entry.mutable_review_required()->set_new_users(0);
  entry.mutable_review_required()->set_new_errors(36);
  const Telling telling = Tell(entry, "tcs");
  EXPECT_EQ(telling.headline, "36 users with errors to review");
  // All that there are, in the mail before too: none of them need be new.
  EXPECT_EQ(telling.what.find("new error"), std::string::npos) << telling.what;
  EXPECT_NE(telling.what.find("With what was there before, "), std::string::npos) << telling.what;
  EXPECT_NE(std::find(telling.commands.begin(), telling.commands.end(),
                      "rosterctl --school tcs excluded"),
            telling.commands.end());
}

TEST(Wording, TheSecondApproverIsSentToThePlan) {
  v1::Entry entry = First(9, 7);
  entry.mutable_approval_given()->set_replaces(5);
  entry.mutable_approval_given()->set_replaced_actor("uid:1002");
  const Telling telling = Tell(entry, "");
  EXPECT_EQ(telling.commands, std::vector<std::string>{"rosterctl plan 7"});
  EXPECT_NE(telling.what.find("uid:1002 (entry 5)"), std::string::npos) << telling.what;
  EXPECT_EQ(Tell(First(9, 7), "").what.find("(entry"), std::string::npos);
}

// An older rosterd filled the message in, with directories.
TEST(Wording, AFailedBackupIsToldByItsReasonAlone) {
  v1::Entry entry = Away(1);
  entry.mutable_backup_failed()->set_reason("backup-disk-full");
  entry.mutable_backup_failed()->set_message("No room in /srv/backups.");
  for (const Telling& telling : {Tell(entry, "tcs"), TellPlainly(entry)}) {
    EXPECT_NE(telling.what.find("backup-disk-full"), std::string::npos) << telling.what;
    EXPECT_EQ(telling.what.find("/srv"), std::string::npos) << telling.what;
  }
  EXPECT_EQ(Tell(entry, "tcs").commands.at(0), "rosterctl --school tcs status");
}

TEST(Wording, ARefusalIsAnsweredByItsReason) {
  EXPECT_NE(Tell(Refused(1, "no-role"), "").what.find("`access`"), std::string::npos);
  for (const char* reason : {"same-person", "other-actor", "plan-held"}) {
    const Telling telling = Tell(Refused(1, reason), "");
    EXPECT_EQ(telling.what.find("role"), std::string::npos) << telling.what;
    EXPECT_NE(telling.what.find(reason), std::string::npos) << telling.what;
  }
  EXPECT_EQ(Tell(Refused(1, "plan-held"), "").awaits, "");
}

TEST(Wording, ASiteThatRefusesTheKeyIsNotOneThatFails) {
  EXPECT_NE(Tell(SiteStopped(1), "").what.find("write_token"), std::string::npos);
  EXPECT_EQ(Tell(SiteStopped(1, "site-unavailable"), "").what.find("token"), std::string::npos);
}

TEST(Wording, WhatCameOverTheWireIsMadeHarmless) {
  v1::Entry entry = Stopped(1);
  entry.mutable_source_stopped()->set_message("bad \x1B[2J\r\nBcc: x");
  const Telling telling = Tell(entry, "");
  EXPECT_EQ(telling.what.find_first_of("\x1B\r\n"), std::string::npos);
}

}  // namespace
}  // namespace roster::notify
