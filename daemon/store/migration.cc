#include "daemon/store/migration.h"

namespace roster::store {

const std::vector<Migration>& Migrations() {
  static const std::vector<Migration> kMigrations;
  return kMigrations;
}

}  // namespace roster::store
