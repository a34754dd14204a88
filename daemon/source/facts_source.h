#pragma once

// Source by the FACTS API (facts page): the lists Students/Status, Students and People, and where
// they are wanted People/PersonFamily, People/ParentStudent and Families; page by page, each sorted
// by its unique key. What names a person comes before People, so that somebody who is added in
// between does not lack a person; Families, which only names households, last.

#include <simdjson.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/settings.h"
#include "daemon/source/facts_client.h"
#include "daemon/source/page.h"
#include "daemon/source/source.h"
#include "daemon/source/wholeness.h"

namespace roster::source {

struct FactsSettings {
  std::string base_url;                        // "https://api.factsmgt.com"
  std::uint32_t page_size = 1000;              // rows, 1..10,000
  std::uint64_t rows_max = 5'000'000;          // of one list; more is Invalid "too-many-rows"
  std::chrono::milliseconds timeout{120'000};  // of one request
  model::SourceLimits limits;
  RetryLimits retry;
  bool families = false;  // read PersonFamily, ParentStudent, Families: model::NeedsFamilies
};

// One thread at a time. All references outlive it. Errors beyond those of Source: see
// FactsClient::Get.
class FactsSource : public Source {
 public:
  FactsSource(FactsSettings settings, FactsKeys keys, http::Http& http, const Clock& clock,
              Random& random, Quota& quota);

  Result<model::Snapshot> Fetch(const LastGood& last_good,
                                const std::function<void(const Progress&)>& progress,
                                const std::stop_token& stop) override;
  const Rejected& rejected() const override { return rejected_; }

 private:
  using Report = std::function<void(const Progress&)>;

  // How to ask for a list.
  struct List {
    std::string_view resource;
    std::string_view version;
    std::string_view key;   // unique; sorted by. Two fields with a comma
    std::string_view what;  // for messages
    std::uint64_t last_good = 0;
    bool may_be_empty = false;  // for as long as it never had rows
  };

  Result<void> FetchAll(const LastGood& last_good, const Report& progress,
                        const std::stop_token& stop, model::Snapshot& snapshot);
  Result<void> FetchLists(const LastGood& last_good, const Report& progress,
                          const std::stop_token& stop, model::Snapshot& snapshot);
  Result<void> FetchStatuses(model::Snapshot& into, const std::stop_token& stop);
  template <typename Reader>
  Result<void> FetchList(const List& list, PageParser<Reader>& parser, model::Snapshot& snapshot,
                         std::vector<typename Reader::Row>& into, const Report& progress,
                         const std::stop_token& stop);
  Result<void> CheckEnvelope(const List& list, const Envelope& envelope, std::uint64_t page,
                             const Envelope* first) const;

  const FactsSettings settings_;
  FactsClient client_;
  simdjson::ondemand::parser json_;
  PageParser<StatusReader> statuses_;
  PageParser<StudentReader> students_;
  PageParser<PersonReader> people_;
  PageParser<MemberReader> members_;
  PageParser<TieReader> ties_;
  PageParser<FamilyReader> families_;
  Rejected rejected_;
};

}  // namespace roster::source
