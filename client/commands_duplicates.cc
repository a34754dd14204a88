#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/settle.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kEmail2Min = 14;

std::string WhyInTheWay(const v1::GroupRow& group) {
  if (group.reason() == "duplicate-email") {
    return fmt::format("The same e-mail stands on {} people in FACTS.",
                       Number(group.members_total()));
  }
  if (group.reason() == "taken") {
    return "The site's account with this e-mail belongs to another person.";
  }
  if (group.reason() == "email-collision") {
    return "Another account on the site has this e-mail already.";
  }
  return group.reason();
}

std::string Standing(const v1::GroupRow& group) {
  std::string text =
      group.family() == 0 ? "Several families." : fmt::format("One family ({}).", group.family());
  if (!group.account().empty()) text += " The account in the way: " + group.account() + ".";
  return text;
}

// "Decided: 10412 keeps the address, by uid:1000, 2026-08-24 06:30."; "" when nobody has.
std::string Decided(const v1::GroupRow& group) {
  std::string what;
  if (group.decision() == "keep") {
    what = fmt::format("{} keeps the address", group.holder());
  } else if (group.decision() == "share") {
    what = fmt::format("the family shares the login of {}", group.holder());
  } else {
    return group.decision();
  }
  return fmt::format("Decided: {}, by {}, {}.", what, group.decided_by(),
                     Minute(group.decided_at()));
}

Table GroupsTable(const Session& session) {
  return Table({{"ID", Align::kRight, 8, false},
                {"Name", Align::kLeft, 10, true},
                {"Family", Align::kLeft, 14, true},
                {"Sync?", Align::kLeft, 0, false},
                {"E-mail 2 in FACTS", Align::kLeft, kEmail2Min, true}},
               session.console);
}

std::string FamilyCell(const v1::UserRow& row) {
  for (const v1::FamilyPlace& place : row.families()) {
    if (place.listed_first()) return FamilyOf(row) + ", listed first";
  }
  return FamilyOf(row);
}

std::vector<Cell> MemberCells(const v1::UserRow& row) {
  const std::string email2 = row.uses_email2() ? "in use: " + row.email() : row.email2();
  return {{std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {FamilyCell(row), Tone::kPlain, {}},
          {row.sync() ? "[x]" : "[ ]", Tone::kPlain, {}},
          {email2.empty() ? "-" : email2, Tone::kPlain, {}}};
}

void AddGroup(const v1::GroupRow& group, Table& table) {
  const Tone tone = group.severity() == "warning" ? Tone::kWarning : Tone::kBad;
  table.AddSpan({});
  table.AddSpan({fmt::format("Group {}, {}{}: {}", group.group(), group.severity(),
                             group.open() ? "" : ", resolved", group.address()),
                 group.open() ? tone : Tone::kGood,
                 {}});
  table.AddSpan({WhyInTheWay(group) + " " + Standing(group), Tone::kPlain, {}}, kIndent);
  for (const v1::UserRow& row : group.members()) table.Add(MemberCells(row));
  const auto shown = static_cast<std::uint64_t>(group.members_size());
  if (group.members_total() > shown) {
    table.AddSpan(
        {fmt::format("... and {} more.", Number(group.members_total() - shown)), Tone::kPlain, {}},
        kIndent);
  }
  if (const std::string decided = Decided(group); !decided.empty()) {
    table.AddSpan({decided, Tone::kPlain, {}}, kIndent);
  }
  if (group.outdated_size() > 0) {
    const std::vector<std::string> words(group.outdated().begin(), group.outdated().end());
    table.AddSpan({"Came back, since this has changed: " + List(words) + ".", Tone::kWarning, {}},
                  kIndent);
  }
}

std::string NoneText(v1::GroupStatus status) {
  if (status == v1::GROUP_NEW) {
    return "No duplicates to resolve. Those resolved before: rosterctl duplicates --status "
           "resolved.";
  }
  return status == v1::GROUP_RESOLVED ? "No duplicates are resolved." : "No duplicates.";
}

std::string Said(const ResolveOptions& options) {
  const std::string group = options.group == 0 ? "" : fmt::format("Group {}: ", options.group);
  switch (options.how) {
    case v1::ResolveGroup::kKeep:
      return fmt::format(
          "{}{} keeps the address. The others stay as they are, and are not synced while it is "
          "theirs too.",
          group, options.person);
    case v1::ResolveGroup::kUseEmail2:
      return fmt::format("{}{} uses the second e-mail that FACTS has.", group, options.person);
    case v1::ResolveGroup::kShareLogin:
      return fmt::format("{}the family uses the login of {}.", group, options.person);
    default:
      return group + "open again. What was decided no longer counts.";
  }
}

}  // namespace

Answer<Exit> RunDuplicates(Session& session, v1::GroupStatus status) {
  Table table = GroupsTable(session);
  std::uint64_t shown = 0;
  const auto ask = [&](const std::string& token) {
    v1::Request request;
    request.mutable_list_groups()->set_status(status);
    request.mutable_list_groups()->set_page_size(kPageSize);
    request.mutable_list_groups()->set_page_token(token);
    return request;
  };
  const auto each = [&](const v1::GroupPage& page) {
    for (const v1::GroupRow& group : page.rows()) {
      ++shown;
      if (session.json) {
        session.Json(group);
      } else {
        AddGroup(group, table);
      }
    }
    if (table.waiting() >= kPageSize) session.console.Print(table.Take());
    return true;
  };
  CLIENT_TRY(ForEachPage<v1::GroupPage>(
      session, ask, [](const v1::Reply& reply) -> const v1::GroupPage& { return reply.groups(); },
      each));
  if (session.json) return Exit::kDone;
  session.console.Print(table.Take());
  if (shown == 0) {
    session.console.Paragraph(session.WithSchool(NoneText(status)));
    session.NextAfterNone("rosterctl excluded");
    return Exit::kDone;
  }
  session.console.Line();
  session.console.Line(Count(shown, "group") +
                       (status == v1::GROUP_ALL ? "." : ", " + Word(status) + "."));
  session.Next("rosterctl resolve GROUP --keep ID, or with --use-email2 ID or --share-login ID");
  return Exit::kDone;
}

Answer<Exit> RunResolve(Session& session, const ResolveOptions& options) {
  v1::Request request;
  v1::ResolveGroup& resolve = *request.mutable_resolve_group();
  resolve.set_group(options.group);
  switch (options.how) {
    case v1::ResolveGroup::kKeep:
      resolve.set_keep(options.person);
      break;
    case v1::ResolveGroup::kUseEmail2:
      resolve.set_use_email2(options.person);
      break;
    case v1::ResolveGroup::kShareLogin:
      resolve.set_share_login(options.person);
      break;
    default:
      resolve.set_reopen(true);
  }
  return Settle(session, request, Said(options), "rosterctl duplicates shows what is left");
}

}  // namespace roster::client
