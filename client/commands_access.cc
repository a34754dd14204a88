#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>

#include "client/certificate.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/text.h"

namespace roster::client {
namespace {

std::vector<std::string> Words(const google::protobuf::RepeatedPtrField<std::string>& words) {
  return {words.begin(), words.end()};
}

void ShowWho(Session& session, const v1::WhoAmIReply& who) {
  std::string line = who.actor();
  if (!who.transport().empty()) line += " over " + who.transport();
  if (who.names_size() > 0) line += ", in the config as " + List(Words(who.names()));
  session.console.Line(Clean(line));
  if (who.schools().empty()) {
    session.console.Paragraph(
        "No roles: `access` of rosterd's config file gives you none. Ask who runs rosterd, and "
        "name what stands at the beginning of the line above.");
    return;
  }
  std::size_t width = 0;
  for (const auto& school : who.schools()) width = std::max(width, Width(Clean(school.school())));
  for (const auto& school : who.schools()) {
    session.console.Line("  " + Pad(Clean(school.school()), width) + "  " +
                         Clean(List(Words(school.roles()))));
  }
}

// A file has as many problems as it has: each on a line of its own. What has been said is not said
// again.
Failure ShowProblems(Session& session, Failure failure) {
  if (session.json || !failure.error || failure.error->reason() != "config") return failure;
  std::string_view rest = failure.message;
  std::string_view before = "rosterctl: ";
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    session.console.Error(std::string(before) + Clean(line));
    before = "  ";
  }
  failure.message.clear();
  return failure;
}

void ShowKeys(const Session& session, const std::string& name, const KeyPair& pair,
              const KeyFiles& files) {
  Console& console = session.console;
  const std::string credential = name + ".cert_secret";
  console.Line(files.certificate + "  the public key, for anybody");
  console.Line(files.secret + "  both keys, for " + name + " alone: keep it, and never send it");
  console.Line();
  console.Line("If " + name +
               " calls rosterd (a person, a worker, a subscriber), its config says:");
  console.Line("  access:");
  console.Line("    - name: " + name);
  console.Line("      keys: [\"" + pair.public_key + "\"]");
  console.Line("      roles: [viewer]  # or reviewer, approver, operator, worker, subscriber");
  console.Line("and rosterctl reload makes it count. People then call it with");
  console.Line("  export ROSTER_CONTROL=tcp://HOST:PORT ROSTER_SERVER_KEY=KEY");
  console.Line("  export ROSTER_KEY=" + files.secret);
  console.Line("and roster-worker by its own config:");
  console.Line("  worker: {connect: \"tcp://HOST:PORT\", server_key: \"KEY\",");
  console.Line("           certificate: {file: " + files.secret + "}}");
  console.Line("where KEY is the public key of rosterd.");
  console.Line();
  console.Line("If " + name + " is rosterd itself, its config says:");
  console.Line("  network: {certificate: {file: " + files.secret + "}}");
  console.Line("or, where root alone can read that file and systemd hands it on:");
  console.Line("  network: {certificate: {credential: " + credential + "}}");
  console.Line("  and after systemctl edit rosterd:");
  console.Line("    [Service]");
  console.Line("    LoadCredential=" + credential + ":" + files.secret);
  console.Line("and the KEY that all who call it have to know is:");
  console.Line("  export ROSTER_SERVER_KEY='" + pair.public_key + "'");
  console.Line("  worker: {server_key: \"" + pair.public_key + "\"}");
}

}  // namespace

Answer<Exit> RunWhoAmI(Session& session) {
  v1::Request request;
  request.mutable_who_am_i();
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  if (session.json) {
    session.Json(reply.who_am_i());
  } else {
    ShowWho(session, reply.who_am_i());
  }
  return Exit::kDone;
}

Answer<Exit> RunReload(Session& session) {
  v1::Request request;
  request.mutable_reload();
  auto reply = session.connection.Call(request);
  if (!reply) return tl::unexpected(ShowProblems(session, std::move(reply).error()));
  const v1::ReloadReply& reload = reply->reload();
  if (session.json) {
    session.Json(reload);
    return Exit::kDone;
  }
  if (reload.changed().empty() && reload.needs_restart().empty()) {
    session.console.Paragraph("The config file was read again: it says what it said before.");
    return Exit::kDone;
  }
  if (!reload.changed().empty()) {
    session.console.Paragraph("Counts from now on: " + Clean(List(Words(reload.changed()))) + ".");
  }
  if (!reload.needs_restart().empty()) {
    session.console.Paragraph("Counts only from rosterd's next start on: " +
                                  Clean(List(Words(reload.needs_restart()))) + ".",
                              Tone::kWarning);
    session.Next("systemctl restart rosterd");
  }
  return Exit::kDone;
}

Answer<Exit> RunKeygen(Session& session, const KeygenOptions& options) {
  const KeyPair pair = MakeKeyPair();
  CLIENT_ASSIGN(const KeyFiles files, WriteKeyPair(pair, options.name, options.folder));
  if (!session.json) {
    ShowKeys(session, options.name, pair, files);
    return Exit::kDone;
  }
  google::protobuf::Struct made;
  auto& fields = *made.mutable_fields();
  fields["name"].set_string_value(options.name);
  fields["publicKey"].set_string_value(pair.public_key);
  fields["certificate"].set_string_value(files.certificate);
  fields["secret"].set_string_value(files.secret);
  session.Json(made);
  return Exit::kDone;
}

}  // namespace roster::client
