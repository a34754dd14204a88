#include "daemon/target/scim_walk.h"

#include <algorithm>

namespace roster::target {
namespace {

using model::Account;

tl::unexpected<Error> Incomplete(const std::string& what) {
  return Fail(Code::kInvalid, "site-incomplete",
              "The site's list of accounts does not add up: " + what +
                  " It is not used, and nothing was changed.");
}

bool ById(const Account& a, const Account& b) { return a.id < b.id; }

bool SortById(std::vector<Account>& accounts) {
  std::sort(accounts.begin(), accounts.end(), ById);
  return std::adjacent_find(accounts.begin(), accounts.end(), [](const auto& a, const auto& b) {
           return a.id == b.id;
         }) == accounts.end();
}

}  // namespace

Result<UserPage> ScimWalk::Page(std::uint64_t start, bool sorted, bool past_the_end,
                                const std::stop_token& stop) {
  std::string path = "/Users?startIndex=" + std::to_string(start) +
                     "&count=" + std::to_string(settings_.page_size);
  if (sorted) path += "&sortBy=id&sortOrder=ascending";
  auto answer = client_.Read(path, settings_.patience, stop);
  if (!answer) return tl::unexpected<Error>(std::move(answer).error());
  if (answer->status != 200) {
    // Behind the end some sites answer that there is no such page.
    if (past_the_end && (answer->status == 400 || answer->status == 404)) return UserPage{};
    return Fail(Code::kInvalid, "site-malformed",
                "The site answered " + std::to_string(answer->status) +
                    " when asked for its accounts. Check base_url.");
  }
  auto page = reader_.Users(answer->body);
  if (!page) {
    return Annotate(std::move(page).error(),
                    "Page of accounts beginning at " + std::to_string(start));
  }
  return page;
}

// A total that is too low would hide accounts; so what follows the end is asked for as well.
Result<void> ScimWalk::CheckEnd(const std::vector<Account>& accounts, bool sorted,
                                const std::stop_token& stop) {
  const auto beyond = Page(accounts.size() + 1, sorted, /*past_the_end=*/true, stop);
  if (!beyond) return tl::unexpected<Error>(beyond.error());
  if (beyond->total != 0 && beyond->total != accounts.size()) {
    return Incomplete("it had " + std::to_string(accounts.size()) + " accounts, and at the end " +
                      std::to_string(beyond->total) + ".");
  }
  for (const Account& account : beyond->accounts) {
    if (!std::binary_search(accounts.begin(), accounts.end(), account, ById)) {
      return Incomplete("behind its end there are more than the " +
                        std::to_string(accounts.size()) + " announced.");
    }
  }
  return {};
}

Result<std::vector<Account>> ScimWalk::Once(bool sorted, const Progress& progress,
                                            const std::stop_token& stop) {
  std::vector<Account> accounts;
  std::optional<std::uint64_t> total;
  std::uint64_t pages_max = 0;
  for (std::uint64_t pages = 0; !total || accounts.size() < *total; ++pages) {
    auto page = Page(accounts.size() + 1, sorted, /*past_the_end=*/false, stop);
    if (!page) return tl::unexpected<Error>(std::move(page).error());
    if (!total) {
      total = page->total;
      if (*total > settings_.accounts_max) {
        return Fail(Code::kExhausted, "site-too-large",
                    "The site announces " + std::to_string(*total) + " accounts; " +
                        std::to_string(settings_.accounts_max) + " is the most that is read.");
      }
      // A site may give fewer a page than asked for, but not one at a time.
      const std::uint64_t first = std::max<std::uint64_t>(page->accounts.size(), 1);
      pages_max = 2 * (*total / first) + 10;
      accounts.reserve(std::min<std::uint64_t>(*total, 1'000'000));
    }
    if (page->total != *total) {
      return Incomplete("it announced " + std::to_string(*total) + " accounts and then " +
                        std::to_string(page->total) + ".");
    }
    if (accounts.size() + page->accounts.size() > *total) {
      return Incomplete("more than the " + std::to_string(*total) + " announced came.");
    }
    if (page->accounts.empty() && accounts.size() < *total) {
      return Incomplete(std::to_string(*total) + " accounts announced, " +
                        std::to_string(accounts.size()) + " received.");
    }
    if (!accounts.empty() && !page->accounts.empty() &&
        page->accounts.front().id == accounts.front().id) {
      return Incomplete("its first page came again.");
    }
    if (pages >= pages_max) return Incomplete("it takes too many pages.");
    std::move(page->accounts.begin(), page->accounts.end(), std::back_inserter(accounts));
    if (progress) progress(accounts.size(), *total);
  }
  if (!SortById(accounts)) return Incomplete("an account came twice.");
  ROSTER_TRY(CheckEnd(accounts, sorted, stop), "Asking what follows the last account");
  return accounts;
}

Result<std::vector<Account>> ScimWalk::All(bool sorted, const Progress& progress,
                                           const std::stop_token& stop) {
  for (int walk = 1;; ++walk) {
    auto accounts = Once(sorted, progress, stop);
    if (accounts || accounts.error().reason != "site-incomplete" || walk >= settings_.walks_max) {
      return accounts;
    }
  }
}

}  // namespace roster::target
