#include "daemon/bus/unread.h"

#include <utility>

namespace roster::bus {
namespace {

// A payload on its way through libzmq.
struct Parcel {
  std::string payload;
  std::shared_ptr<Unread> one;
  std::shared_ptr<Unread> all;

  static void Arrived(void*, void* self) {
    const std::unique_ptr<Parcel> parcel(static_cast<Parcel*>(self));
    for (Unread* unread : {parcel->one.get(), parcel->all.get()}) {
      unread->messages -= 1;
      unread->bytes -= parcel->payload.size();
    }
  }
};

}  // namespace

zmq::message_t Wrap(std::string payload, std::shared_ptr<Unread> one, std::shared_ptr<Unread> all) {
  auto parcel =
      std::make_unique<Parcel>(Parcel{std::move(payload), std::move(one), std::move(all)});
  for (Unread* unread : {parcel->one.get(), parcel->all.get()}) {
    unread->messages += 1;
    unread->bytes += parcel->payload.size();
  }
  Parcel* const raw = parcel.release();
  return {raw->payload.data(), raw->payload.size(), &Parcel::Arrived, raw};
}

}  // namespace roster::bus
