#include "verbs/release.h"

#include "crds/names.h"
#include "tests/verbs/rollout_samples.h"
#include "verbs/action_record.h"
#include "verbs/images.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::verbs {
namespace {

using test::after;
using test::decode;
using test::healthy_rollout;
using test::paused_rollout;

const SystemTime kNow = *parse_time("2026-11-21T12:00:00Z");

Json rollout() {
  return Json::parse(R"({
    "metadata": {"name": "shop", "resourceVersion": "7", "generation": 3},
    "spec": {"template": {"spec": {"containers": [
      {"name": "proxy", "image": "proxy:1"}, {"name": "shop", "image": "shop:v1"}]}}}})");
}

ReleaseRequest request(std::string id, const std::string& image = "shop:v2") {
  return {.id = std::move(id), .issued_at = kNow, .images = {{"shop", image}}};
}

/// The Rollout after the request was accepted.
Json accept(const Json& before, const ReleaseRequest& wanted, SystemTime now = kNow) {
  const auto patch = make_release_patch(before, wanted, now);
  INFO((patch ? "" : patch.error().message));
  REQUIRE(patch);
  return before.patch(Json::parse(patch->json_patch));
}

std::string image_of(const Json& document) {
  return document["spec"]["template"]["spec"]["containers"][1]["image"];
}

TEST_CASE("a request is read", "[release]") {
  const auto parsed = parse_release(
      R"({"id": "build-7", "issuedAt": "2026-11-21T13:00:00+01:00", "images": {"shop": "shop:v2"}})");
  REQUIRE(parsed);
  CHECK(parsed->id == "build-7");
  CHECK(parsed->issued_at == kNow);
  CHECK(parsed->images == std::map<std::string, std::string>{{"shop", "shop:v2"}});
}

struct Wrong {
  std::string body;
  std::string said;
};

TEST_CASE("a request may name its rollout", "[release]") {
  const std::string rest = R"("issuedAt":"2026-11-21T12:00:00Z","images":{"shop":"shop:v2"}})";
  CHECK(parse_release(R"({"id":"1",)" + rest)->rollout.empty());
  CHECK(parse_release(R"({"id":"1","rollout":"default/shop",)" + rest)->rollout == "default/shop");
}

TEST_CASE("what is wrong in a request is named", "[release]") {
  const std::string at = R"("issuedAt":"2026-11-21T12:00:00Z")";
  std::string many;
  for (size_t i = 0; i <= kReleaseImagesMax; ++i)
    many += fmt::format(R"({}"c{}":"i")", many.empty() ? "" : ",", i);
  std::string large;
  for (size_t i = 0; i <= kReleaseImagesBytesMax / kImageBytesMax; ++i) {
    large += fmt::format(R"({}"c{}":"{}")", large.empty() ? "" : ",", i,
                         std::string(kImageBytesMax, 'b'));
  }
  const std::vector<Wrong> table = {
      {R"({"id":"1")", "the body is no JSON: "},
      {"[]", "the body must be a JSON object"},
      {"{" + at + R"(,"images":{"a":"b"}})", "id: must be a string of 1 to 128 bytes"},
      {R"({"id":7,)" + at + R"(,"images":{"a":"b"}})", "id: "},
      {R"({"id":")" + std::string(kReleaseIdMax + 1, 'x') + R"(",)" + at +
           R"(,"images":{"a":"b"}})",
       "id: "},
      {R"({"id":"1","images":{"a":"b"}})", "issuedAt: "},
      {R"({"id":"1","issuedAt":"9999-01-01T00:00:00Z","images":{"a":"b"}})", "issuedAt: "},
      {R"({"id":"1","rollout":7,)" + at + R"(,"images":{"a":"b"}})", "rollout: "},
      {R"({"id":"1",)" + at + R"(,"images":{)" + large + "}}",
       "images: must be at most 2560 bytes in all"},
      {R"({"id":"1","issuedAt":"yesterday","images":{"a":"b"}})", "issuedAt: "},
      {R"({"id":"1","issuedAt":1763726400,"images":{"a":"b"}})", "issuedAt: "},
      {R"({"id":"1",)" + at + "}", "images: must map 1 to 32 container names to images"},
      {R"({"id":"1",)" + at + R"(,"images":{}})", "images: "},
      {R"({"id":"1",)" + at + R"(,"images":["a"]})", "images: "},
      {R"({"id":"1",)" + at + R"(,"images":{)" + many + "}}", "images: "},
      {R"({"id":"a b",)" + at + R"(,"images":{"a":"b"}})", "id: only ASCII"},
      {R"({"id":"\u0000",)" + at + R"(,"images":{"a":"b"}})", "id: only ASCII"},
      {R"({"id":"\u00fc",)" + at + R"(,"images":{"a":"b"}})", "id: only ASCII"},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":"shop:\u0007"}})", "images.shop: is no image"},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":"shop:\"v2\""}})", "images.shop: is no image"},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":"-rf"}})", "images.shop: is no image"},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":"shop: v2"}})", "images.shop: is no image"},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":"b"},"retry":"yes"})", "retry: must be true"},
      {R"({"id":"1",)" + at + R"(,"images":{"sh\nop":"shop:v2"}})", "images: container names: "},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":")" + std::string(kImageBytesMax + 1, 'i') +
           R"("}})",
       "images.shop: must be at most 512 bytes"},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":""}})", "images.shop: must be an image"},
      {R"({"id":"1",)" + at + R"(,"images":{"shop":7}})", "images.shop: must be an image"},
  };
  for (const Wrong& wrong : table) {
    INFO(wrong.body);
    const auto parsed = parse_release(wrong.body);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::Invalid);
    CHECK(parsed.error().message.starts_with(wrong.said));
  }
}

TEST_CASE("a release leaves a record of the action", "[release]") {
  const Json rollout = healthy_rollout();
  const auto patch = make_release_patch(rollout, request("build-7", "shop:v9"), kNow);
  REQUIRE(patch);
  const auto records = read_actions(decode(rollout.patch(*parse_json(patch->json_patch))));
  REQUIRE(records.size() == 1);
  CHECK(records[0].verb == "release");
  CHECK(records[0].by.to_string() == "webhook");
  CHECK(records[0].reason == "release build-7");
}

TEST_CASE("an aborted update to the same images is started again where that is asked for",
          "[release]") {
  ReleaseRequest wanted = request("build-8");
  wanted.images = {{"shop", "shop:v3"}};
  Json rollout = paused_rollout();
  CHECK_FALSE(is_reverted_already(rollout, wanted));
  rollout["status"]["abort"] = true;
  CHECK(is_reverted_already(rollout, wanted));
  const Json after_retry = after(rollout, retry_release(rollout, wanted, kNow));
  CHECK(after_retry["status"]["abort"] == false);
  CHECK(read_actions(decode(after_retry)).front().verb == "retry");
  CHECK_FALSE(is_reverted_already(after_retry, wanted));
  const auto patch = make_release_patch(after_retry, wanted, kNow, true);
  REQUIRE(patch);
  CHECK(patch->record.retried);
  CHECK_FALSE(patch->record.changed);
  CHECK(find_release(after_retry.patch(*parse_json(patch->json_patch)), "build-8") ==
        patch->record);
}

TEST_CASE("a request is fresh for five minutes, either way", "[release]") {
  ReleaseRequest wanted = request("1");
  const Duration second = std::chrono::seconds(1);
  for (const Duration distance : {-kReleaseWindow, Duration::zero(), kReleaseWindow}) {
    wanted.issued_at = kNow + distance;
    CHECK(check_freshness(wanted, kNow));
  }
  for (const Duration distance : {-kReleaseWindow - second, kReleaseWindow + second}) {
    wanted.issued_at = kNow + distance;
    const auto fresh = check_freshness(wanted, kNow);
    REQUIRE_FALSE(fresh);
    CHECK(fresh.error().code == ErrorCode::Invalid);
    CHECK(fresh.error().message.starts_with("issuedAt: "));
  }
  // Further away than 64 bits of nanoseconds reach.
  for (const char* far : {"1678-01-01T00:00:00Z", "2261-12-31T00:00:00Z"}) {
    wanted.issued_at = *parse_time(far);
    CHECK_FALSE(check_freshness(wanted, kNow));
  }
  wanted.issued_at = *parse_time("1678-01-01T00:00:00Z");
  CHECK_FALSE(check_freshness(wanted, *parse_time("2261-12-31T00:00:00Z")));
}

TEST_CASE("images and record are one patch", "[release]") {
  const Json after = accept(rollout(), request("build-7"));
  CHECK(image_of(after) == "shop:v2");
  CHECK(after["spec"]["template"]["spec"]["containers"][0] ==
        rollout()["spec"]["template"]["spec"]["containers"][0]);
  const auto record = find_release(after, "build-7");
  REQUIRE(record);
  CHECK(*record == ReleaseRecord{.id = "build-7",
                                 .accepted_at = kNow,
                                 .images = {{"shop", "shop:v2"}},
                                 .changed = true});
  CHECK_FALSE(find_release(after, "build-8"));
}

TEST_CASE("other annotations stay, and unreadable records are replaced", "[release]") {
  Json before = rollout();
  before["metadata"]["annotations"] = {{"team", "a/b"}, {crds::kReleasesAnnotation, "{no list"}};
  const Json after = accept(before, request("1"));
  CHECK(after["metadata"]["annotations"]["team"] == "a/b");
  CHECK(read_releases(before).empty());
  CHECK(read_releases(after).size() == 1);
}

TEST_CASE("the patch fails where the Rollout changed since it was read", "[release]") {
  const auto patch = make_release_patch(rollout(), request("1"), kNow);
  REQUIRE(patch);
  Json changed = rollout();
  changed["metadata"]["resourceVersion"] = "8";
  CHECK_THROWS(changed.patch(Json::parse(patch->json_patch)));
}

TEST_CASE("images that are there already are accepted and change nothing", "[release]") {
  const Json after = accept(rollout(), request("1", "shop:v1"));
  CHECK(after["spec"] == rollout()["spec"]);
  CHECK_FALSE(find_release(after, "1")->changed);
}

TEST_CASE("a container that does not exist is named", "[release]") {
  ReleaseRequest wanted = request("1");
  wanted.images["cart"] = "cart:v2";
  const auto patch = make_release_patch(rollout(), wanted, kNow);
  REQUIRE_FALSE(patch);
  CHECK(patch.error() == invalid("images.cart: rollout \"shop\" has no such container"));
}

TEST_CASE("the last requests are remembered, newest first", "[release]") {
  Json document = rollout();
  const size_t count = kReleasesKept + 3;
  for (size_t i = 0; i < count; ++i) {
    ReleaseRequest wanted = request(std::to_string(i), fmt::format("shop:{}", i));
    wanted.issued_at = kNow + std::chrono::minutes(static_cast<int64_t>(i));
    document = accept(document, wanted, wanted.issued_at);
  }
  const auto kept = read_releases(document);
  REQUIRE(kept.size() == kReleasesKept);
  CHECK(kept.front().id == std::to_string(count - 1));
  CHECK(kept.back().id == std::to_string(count - kReleasesKept));
}

TEST_CASE("a flood of requests does not make a repeat look new", "[release]") {
  Json document = rollout();
  for (size_t i = 0; i < kReleasesKept; ++i)
    document = accept(document, request(std::to_string(i), fmt::format("shop:{}", i)));
  const auto refused = make_release_patch(document, request("one more"), kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Unavailable);
  ReleaseRequest later = request("later");
  later.issued_at = kNow + kReleaseWindow + std::chrono::seconds(1);
  CHECK(make_release_patch(document, later, later.issued_at));
}

TEST_CASE("what is remembered fits an object's annotations", "[release]") {
  std::string images;
  for (size_t i = 0; i < kReleaseImagesMax; ++i)
    images += fmt::format(R"({}"c{:02}":"{}")", images.empty() ? "" : ",", i, std::string(76, 'i'));
  const auto parsed = parse_release(
      fmt::format(R"({{"id":"{}","issuedAt":"2026-11-21T12:00:00Z","images":{{{}}}}})",
                  std::string(kReleaseIdMax, 'x'), images));
  REQUIRE(parsed);
  ReleaseRecord record{.id = parsed->id, .accepted_at = kNow, .images = parsed->images};
  const std::string one = dump_json({{"id", record.id},
                                     {"acceptedAt", format_time(kNow)},
                                     {"images", record.images},
                                     {"changed", true}});
  constexpr size_t kAnnotationsMax = 256 * 1024;
  CHECK(one.size() * kReleasesKept < kAnnotationsMax * 8 / 10);
}

/// A Rollout that remembers `count` releases, one a minute until now, of so many bytes each, and
/// whose other annotations take `others` bytes.
Json remembering(size_t count, size_t bytes, size_t others, std::chrono::minutes apart) {
  Json records = Json::array();
  for (size_t i = 0; i < count; ++i) {
    const SystemTime accepted = kNow - apart * static_cast<int64_t>(i);
    records.push_back({{"id", fmt::format("old-{}", i)},
                       {"acceptedAt", format_time(accepted)},
                       {"images", {{"shop", std::string(bytes, 'x')}}},
                       {"changed", true}});
  }
  Json document = rollout();
  document["metadata"]["annotations"] = {{"others", std::string(others, 'o')},
                                         {crds::kReleasesAnnotation, dump_json(records)}};
  return document;
}

size_t annotation_bytes(const Json& document) {
  size_t bytes = 0;
  for (const auto& [key, value] : document["metadata"]["annotations"].items())
    bytes += key.size() + value.get<std::string>().size();
  return bytes;
}

TEST_CASE("records that would not fit the annotations are dropped, oldest first", "[release]") {
  constexpr size_t kAnnotationsMax = 256 * 1024;
  const Json before = remembering(20, 12'000, 100'000, std::chrono::minutes(2));
  REQUIRE(annotation_bytes(before) > kAnnotationsMax);
  const Json after = accept(before, request("new"));
  CHECK(annotation_bytes(after) < kAnnotationsMax);
  const auto kept = read_releases(after);
  REQUIRE(kept.size() > 5);
  CHECK(kept.front().id == "new");
  CHECK(kept.back().id == fmt::format("old-{}", kept.size() - 2));
}

TEST_CASE("the record is written where other annotations leave no room", "[release]") {
  const Json after = accept(remembering(0, 0, 300'000, std::chrono::minutes(1)), request("new"));
  CHECK(read_releases(after).size() == 1);
}

TEST_CASE("a record whose repeat may still come is not dropped for its size", "[release]") {
  const Json before = remembering(20, 12'000, 0, std::chrono::minutes(0));
  const auto refused = make_release_patch(before, request("new"), kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Unavailable);
  const SystemTime later = kNow + 2 * kReleaseWindow + std::chrono::seconds(1);
  CHECK(make_release_patch(before, request("new"), later));
}

TEST_CASE("how far a release has come", "[release]") {
  Json document = accept(rollout(), request("1"));
  const ReleaseRecord record = *find_release(document, "1");
  CHECK(release_state(document, record) == "progressing");
  document["status"] = {
      {"observedGeneration", "3"}, {"currentPodHash", "new"}, {"stableRS", "old"}};
  CHECK(release_state(document, record) == "progressing");
  document["status"]["abort"] = true;
  CHECK(release_state(document, record) == "reverted");
  document["status"]["abort"] = false;
  document["status"]["stableRS"] = "new";
  CHECK(release_state(document, record) == "promoted");
  // What the status says of an older spec is no answer.
  document["metadata"]["generation"] = 4;
  CHECK(release_state(document, record) == "progressing");
  document = accept(document, request("2", "shop:v3"));
  CHECK(release_state(document, record) == "superseded");
}

}  // namespace
}  // namespace sluice::verbs
