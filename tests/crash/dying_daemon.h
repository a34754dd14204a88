#pragma once

// Put in front of daemon/rosterd.cc by the compiler (-include, see CMakeLists.txt): the same main,
// with its store, bus, HTTP client and clock exchanged for ones that can be made to die, to fail
// and to hurry.

#include <memory>
#include <string>
#include <utility>

#include "daemon/bus/zmq_bus.h"
#include "daemon/store/rocks_store.h"
#include "tests/crash/disk_on_demand.h"
#include "tests/crash/dying_http.h"
#include "tests/crash/hasty_clock.h"
#include "tests/crash/kill_point.h"

namespace roster::store {

class DyingStore : public Store {
 public:
  static Result<std::unique_ptr<DyingStore>> Open(const std::filesystem::path& path) {
    RocksOptions options;
    options.file_system = crash::DiskOnDemand();
    ROSTER_ASSIGN(auto store, RocksStore::Open(path, options), "");
    return std::unique_ptr<DyingStore>(new DyingStore(std::move(store)));
  }

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return store_->Get(family, key);
  }
  std::unique_ptr<Cursor> Scan(Family family, std::string_view begin,
                               std::string_view end) const override {
    return store_->Scan(family, begin, end);
  }
  Result<void> Commit(const Batch& batch, bool sync) override {
    crash::KillPoint("commit.before");
    auto committed = store_->Commit(batch, sync);
    crash::KillPoint("commit.after");
    return committed;
  }
  std::unique_ptr<Reader> Snapshot() const override { return store_->Snapshot(); }
  void StartPurge() override { store_->StartPurge(); }
  std::optional<Result<void>> TakePurged() override { return store_->TakePurged(); }
  Result<MadeBackup> MakeBackup(const BackupOptions& options,
                                const std::function<void(model::BackupProgress)>& progress,
                                const std::stop_token& stop) const {
    crash::KillPoint("backup.before");
    auto made = store_->MakeBackup(
        options,
        [&](model::BackupProgress at) {
          crash::KillPoint("backup." + at.phase);
          progress(std::move(at));
        },
        stop);
    crash::KillPoint("backup.after");
    return made;
  }

 private:
  explicit DyingStore(std::unique_ptr<RocksStore> store) : store_(std::move(store)) {}
  const std::unique_ptr<RocksStore> store_;
};

}  // namespace roster::store

namespace roster::bus {

class DyingBus : public Bus {
 public:
  static Result<std::unique_ptr<DyingBus>> Open(const Endpoints& endpoints, const BusLimits& limits,
                                                const std::optional<CurveKeys>& keys,
                                                const Gate& gate) {
    ROSTER_ASSIGN(auto bus, ZmqBus::Open(endpoints, limits, keys, gate), "");
    return std::unique_ptr<DyingBus>(new DyingBus(std::move(bus)));
  }

  Result<std::vector<Inbound>> Receive(Duration wait_max, std::size_t count_max) override {
    auto inputs = bus_->Receive(wait_max / HastyClock::kHaste, count_max);
    if (inputs && !inputs->empty()) crash::KillPoint("receive.after");
    return inputs;
  }
  void Send(Channel channel, const std::string& route, std::string payload) override {
    const bool control = channel == Channel::kControl;
    crash::KillPoint(control ? "reply.before" : "task.before");
    bus_->Send(channel, route, std::move(payload));
    crash::KillPoint(control ? "reply.after" : "task.after");
  }
  void Publish(const std::string& topic, std::string_view payload) override {
    crash::KillPoint("publish.before");
    bus_->Publish(topic, payload);
    crash::KillPoint("publish.after");
  }
  void AskGateAgain() override { bus_->AskGateAgain(); }
  std::vector<TurnedAway> TakeTurnedAway() override { return bus_->TakeTurnedAway(); }
  void Wake() override { bus_->Wake(); }
  Counters counters() const override { return bus_->counters(); }
  const Endpoints& endpoints() const { return bus_->endpoints(); }

 private:
  explicit DyingBus(std::unique_ptr<ZmqBus> bus) : bus_(std::move(bus)) {}
  const std::unique_ptr<ZmqBus> bus_;
};

}  // namespace roster::bus

#define RocksStore DyingStore
#define ZmqBus DyingBus
#define CurlHttp DyingHttp
#define SystemClock HastyClock
