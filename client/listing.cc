#include "client/listing.h"

namespace roster::client {

Answer<void> ForEachUser(Session& session, const v1::Filter& filter,
                         const std::function<void(const v1::UserRow&)>& each,
                         const std::function<void(const v1::Counters&)>& begin) {
  const auto ask = [&](const std::string& token) {
    v1::Request request;
    *request.mutable_list_users()->mutable_filter() = filter;
    request.mutable_list_users()->set_page_size(kPageSize);
    request.mutable_list_users()->set_page_token(token);
    return request;
  };
  bool first = true;
  const auto take = [&](const v1::UserPage& page) {
    if (first && begin) begin(page.counters());
    first = false;
    for (const v1::UserRow& row : page.rows()) each(row);
    return true;
  };
  return ForEachPage<v1::UserPage>(
      session, ask, [](const v1::Reply& reply) -> const v1::UserPage& { return reply.users(); },
      take);
}

}  // namespace roster::client
