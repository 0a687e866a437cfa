#include "local/pods/pod_addresses.h"

#include <boost/asio/ip/address_v4.hpp>

namespace sluice::local {

namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::make_address_v4;

constexpr uint32_t kFirst = (127U << 24) | (64U << 16);
constexpr uint32_t kCount = 1U << 22;

/// The last byte of an address that people take for a network or a broadcast address.
bool is_odd_looking(uint32_t offset) {
  return (offset & 0xff) == 0 || (offset & 0xff) == 0xff;
}

std::optional<uint32_t> offset_of(std::string_view address) {
  boost::system::error_code error;
  const address_v4 parsed = make_address_v4(std::string(address), error);
  if (error || parsed.to_uint() - kFirst >= kCount) return std::nullopt;
  return parsed.to_uint() - kFirst;
}

}  // namespace

PodAddresses::PodAddresses(uint32_t seed, InUse in_use)
    : next_((seed << 8) % kCount), in_use_(std::move(in_use)) {}

std::optional<std::string> PodAddresses::acquire() {
  for (uint32_t tries = 0; tries < kCount; ++tries) {
    const uint32_t offset = next_;
    next_ = (next_ + 1) % kCount;
    if (is_odd_looking(offset) || taken_.contains(offset)) continue;
    std::string address = address_v4(kFirst + offset).to_string();
    if (!in_use_ || !in_use_(address)) {
      taken_.insert(offset);
      return address;
    }
  }
  return std::nullopt;
}

bool PodAddresses::adopt(std::string_view address) {
  const std::optional<uint32_t> offset = offset_of(address);
  return offset && taken_.insert(*offset).second;
}

void PodAddresses::release(std::string_view address) {
  if (const std::optional<uint32_t> offset = offset_of(address)) taken_.erase(*offset);
}

}  // namespace sluice::local
