// roster-sandbox: a school to try things on. `roster-sandbox --help` teaches it.
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sandbox/cli_client.h"
#include "tests/sandbox/sandbox.h"

namespace roster::sandbox {
namespace {

struct ServeOptions {
  SandboxOptions sandbox;
  std::string tier = "pro";
  bool no_limits = false;
  bool no_cache = false;
  bool ordered = false;
  bool no_extension = false;
  bool no_hand_made = false;
  double blank_email_percent = -1;
  std::vector<std::string> quirks;
  std::vector<std::string> faults;
  std::string ready_file;
  std::string secrets;
  bool die_with_parent = false;
};

void SetQuirk(SiteOptions& site, const std::string& quirk) {
  if (quirk == "past-end") {
    site.past_end_first_page = true;
  } else if (quirk == "echo-count") {
    site.echo_items_per_page = true;
  } else if (quirk == "drop-unknown") {
    site.drop_unknown = true;
  } else if (quirk == "leaky-errors") {
    site.leaky_errors = true;
  } else if (quirk == "spurious-404") {
    site.spurious_not_found = 0.05;
  } else if (quirk == "slow") {
    site.slow_ms = 200;
  } else if (quirk == "all") {
    for (const char* one : {"past-end", "echo-count", "drop-unknown", "leaky-errors"}) {
      SetQuirk(site, one);
    }
  } else {
    throw std::runtime_error("there is no quirk \"" + quirk +
                             "\". There are: past-end, echo-count, drop-unknown, leaky-errors, "
                             "spurious-404, slow; all is the first four");
  }
}

SandboxOptions Settled(const ServeOptions& serve) {
  SandboxOptions options = serve.sandbox;
  options.facts.tier = TierNamed(serve.tier);
  if (!options.facts.tier) throw std::runtime_error("--tier is basic, pro or enterprise");
  if (serve.no_limits) options.facts.tier.reset();
  options.facts.cache = !serve.no_cache;
  options.facts.unordered = !serve.ordered;
  options.site.extension = !serve.no_extension;
  options.hand_made = !serve.no_hand_made;
  if (serve.blank_email_percent >= 0) {
    options.school.blank_email_share = serve.blank_email_percent / 100;
  }
  for (const std::string& quirk : serve.quirks) SetQuirk(options.site, quirk);
  return options;
}

int Serve(const ServeOptions& serve) {
  // Blocked before any thread begins, so that only sigwait below sees them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  const pid_t parent = ::getppid();
  if (serve.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    // It may have ended before that call.
    if (::getppid() != parent || parent == 1) return 0;
  }
  Sandbox sandbox(Settled(serve));
  for (const std::string& fault : serve.faults) sandbox.faults().Add(FaultFromText(fault));
  sandbox.Start();
  if (!serve.secrets.empty()) sandbox.WriteSecrets(serve.secrets);
  const Json ready = sandbox.Ready();
  if (!serve.ready_file.empty()) WritePrivately(serve.ready_file, ready.dump(2) + "\n");
  std::cout << "FACTS    " << sandbox.facts().url() << "\nsite     " << sandbox.site().url()
            << "\ncontrol  " << ready["control"]["url"].get<std::string>() << "\nschool   "
            << sandbox.options().school.school_code << ", " << sandbox.options().school.people
            << " people, " << sandbox.options().school.enrolled << " enrolled, seed "
            << sandbox.options().school.seed << "\nends on Ctrl-C" << std::endl;
  int signal = 0;
  sigwait(&ending, &signal);
  sandbox.Stop();
  return 0;
}

void AddServe(CLI::App& app, ServeOptions& serve) {
  SandboxOptions& sandbox = serve.sandbox;
  app.add_option("--facts-port", sandbox.facts_port, "port of FACTS; 0 is any free one");
  app.add_option("--site-port", sandbox.site_port, "port of the volunteer site");
  app.add_option("--control-port", sandbox.control_port, "port of the control API");
  app.add_option("--seed", sandbox.school.seed, "the same seed makes the same school")
      ->capture_default_str();
  app.add_option("--people", sandbox.school.people, "rows of /People")->capture_default_str();
  app.add_option("--enrolled", sandbox.school.enrolled, "enrolled students; at most a third")
      ->capture_default_str();
  app.add_option("--blank-email-percent,--clean", serve.blank_email_percent,
                 "of the enrolled without an e-mail (39.4)");
  app.add_option("--school-code", sandbox.school.school_code)->capture_default_str();
  app.add_option("--school-name", sandbox.school.school_name)->capture_default_str();
  app.add_flag("--district", sandbox.school.district, "a second school in the same district");
  app.add_option("--tier", serve.tier, "quota: basic, pro or enterprise")->capture_default_str();
  app.add_flag("--no-limits", serve.no_limits, "no quota");
  app.add_flag("--no-cache", serve.no_cache, "the gateway does not cache");
  app.add_flag("--ordered", serve.ordered, "keep one order even without Sorts");
  app.add_option("--page-size-cap", sandbox.facts.page_size_cap,
                 "FACTS gives at most so many rows a page, silently");
  app.add_option("--wrong-key-status", sandbox.facts.wrong_key_status, "401 or 403")
      ->check(CLI::IsMember({401, 403}))
      ->capture_default_str();
  app.add_option("--site-page-max", sandbox.site.page_max, "most accounts in a page")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_flag("--no-extension", serve.no_extension, "the site has no volunteer attributes");
  app.add_flag("--no-hand-made", serve.no_hand_made, "the site starts empty");
  app.add_flag("--linked", sandbox.linked, "the site starts with an account for each student");
  app.add_option("--quirk", serve.quirks,
                 "of the site: past-end, echo-count, drop-unknown, leaky-errors, spurious-404, "
                 "slow, all");
  app.add_option("--fault", serve.faults,
                 "kind=status,server=facts,path=/People,status=503,times=3 ...; see README")
      ->allow_extra_args(false);
  app.add_option("--effects", sandbox.effects_file, "append what the site does to this file");
  app.add_option("--ready-file", serve.ready_file,
                 "write URLs and keys here (JSON) once everything listens");
  app.add_option("--write-secrets", serve.secrets,
                 "write subscription_key, api_key, read_token, write_token into this directory");
  app.add_flag("--die-with-parent", serve.die_with_parent, "end when the starting program ends");
}

void FollowEffects(const ControlClient& client, int64_t since, bool follow) {
  for (;;) {
    const Json answer =
        Json::parse(client.Get("/sandbox/effects?limit=1000&since=" + std::to_string(since) +
                               (follow ? "&wait_ms=20000" : "")));
    for (const Json& effect : answer["effects"]) std::cout << effect.dump() << std::endl;
    const auto next = answer["next"].get<int64_t>();
    if (!follow && next == since) return;
    since = next;
  }
}

// {"graduated": 41, "moved": [[1, "a"]]} for people: lists by their length.
std::string Summary(const std::string& answer) {
  std::string text;
  const Json json = Json::parse(answer);
  for (const auto& [name, value] : json.items()) {
    if (!text.empty()) text += ", ";
    text += name + " " +
            (value.is_array()    ? std::to_string(value.size())
             : value.is_string() ? value.get<std::string>()
                                 : value.dump());
  }
  return text;
}

Json ValueOf(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

// {"a": 1} from a=1; a value that is no JSON is a text.
Json AttributesOf(const std::vector<std::string>& pairs) {
  Json out = Json::object();
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos) throw std::runtime_error("\"" + pair + "\" is no NAME=VALUE");
    out[pair.substr(0, equals)] = ValueOf(pair.substr(equals + 1));
  }
  return out;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "A made-up school to try things on: a FACTS SIS and a volunteer site (SCIM 2.0) on\n"
      "127.0.0.1, with faults on demand. Everything in it is invented; nothing leaves this "
      "machine.\n"
      "\n"
      "  roster-sandbox serve --ready-file /tmp/sandbox.json     start one (Ctrl-C ends it)\n"
      "  export ROSTER_SANDBOX_CONTROL=http://127.0.0.1:PORT     name it once, or give "
      "--ready-file\n"
      "  roster-sandbox scenario new-school-year                 let a year pass\n"
      "  roster-sandbox fault kind=status,server=site,status=503,times=3\n"
      "  roster-sandbox effects --follow                         watch what the site does");
  app.require_subcommand(1);
  std::string control;
  std::string ready_file;

  ServeOptions serve;
  CLI::App* const serve_command = app.add_subcommand("serve", "start a school and a site");
  AddServe(*serve_command, serve);

  const auto add = [&](const char* name, const char* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    command->add_option("--control", control, "URL of the control API");
    command->add_option("--ready-file", ready_file, "the file that serve wrote");
    return command;
  };
  std::string scenario;
  CLI::App* const scenario_command = add("scenario", "let something happen to the school");
  scenario_command->add_option("name", scenario, "without a name: list them");
  bool json = false;
  scenario_command->add_flag("--json", json, "whom it touched, by id, not only how many");

  std::string fault;
  bool clear = false;
  CLI::App* const fault_command = add("fault", "make a server fail; without a fault: list them");
  fault_command->add_option("fault", fault, "kind=...,server=facts|site,path=...,times=N,...");
  fault_command->add_flag("--clear", clear, "end all faults");

  bool follow = false;
  int64_t since = 0;
  CLI::App* const effects_command = add("effects", "what the site did, one line each");
  effects_command->add_flag("--follow", follow, "wait for more");
  effects_command->add_option("--since", since, "only those after this number");
  bool counts = false;
  effects_command->add_flag("--counts", counts, "only how many of each kind");

  std::string account;
  CLI::App* const access_command = add("access", "a person logs in on the site");
  access_command->add_option("account", account, "id, externalId or userName")->required();

  std::vector<std::string> attributes;
  CLI::App* const edit_command = add("edit", "a person edits their own account");
  edit_command->add_option("account", account, "id, externalId or userName")->required();
  edit_command->add_option("attributes", attributes, "displayName=Sam ...")->required();

  int64_t person = 0;
  std::string field;
  std::string value;
  CLI::App* const facts_command = add("facts-edit", "the school changes a person or student");
  facts_command->add_option("personId", person)->required();
  facts_command->add_option("field", field, "email, lastName, school.status, ...")->required();
  facts_command->add_option("value", value)->required();

  CLI::App* const requests_command = add("requests", "how often what was asked");
  CLI::App* const accounts_command = add("accounts", "all accounts of the site");

  CLI11_PARSE(app, argc, argv);
  try {
    if (*serve_command) return Serve(serve);
    const ControlClient client(control, ready_file);
    std::string answer;
    if (*scenario_command) {
      answer = scenario.empty() ? client.Get("/sandbox/scenarios")
                                : client.Post("/sandbox/scenario", {{"name", scenario}});
      if (!scenario.empty() && !json) {
        std::cout << Summary(answer) << std::endl;
        return 0;
      }
    } else if (*fault_command) {
      if (clear) client.Delete("/sandbox/faults");
      if (!fault.empty()) client.Post("/sandbox/faults", FaultFields(fault));
      answer = client.Get("/sandbox/faults");
    } else if (*effects_command && counts) {
      const Json effects = Json::parse(client.Get("/sandbox/effects?limit=1"));
      std::cout << Summary(effects.at("counts").dump()) << std::endl;
      return 0;
    } else if (*effects_command) {
      FollowEffects(client, since, follow);
      return 0;
    } else if (*access_command) {
      answer = client.Post("/sandbox/site/access", {{"account", account}});
    } else if (*edit_command) {
      answer = client.Post("/sandbox/site/edit",
                           {{"account", account}, {"attributes", AttributesOf(attributes)}});
    } else if (*facts_command) {
      answer = client.Post("/sandbox/facts/edit",
                           {{"personId", person}, {"field", field}, {"value", ValueOf(value)}});
    } else if (*requests_command) {
      answer = client.Get("/sandbox/requests");
    } else if (*accounts_command) {
      answer = client.Get("/sandbox/accounts");
    }
    std::cout << Readable(answer) << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "roster-sandbox: " << error.what() << "\n";
    return 1;
  }
}

}  // namespace
}  // namespace roster::sandbox

int main(int argc, char** argv) { return roster::sandbox::Main(argc, argv); }
