#include "local/pods/pod_log_files.h"
#include "local/pods/pod_log_text.h"
#include "tests/local_pods/test_programs.h"

namespace sluice::local {

namespace {

constexpr const char* kFirst = "2026-01-01T00:00:01.000000001Z ";
constexpr const char* kSecond = "2026-01-01T00:00:02.500000000Z ";

std::string read_all(LogFileReader& reader) {
  std::string all;
  for (std::string bytes = reader.read(); !bytes.empty(); bytes = reader.read()) all += bytes;
  return all;
}

}  // namespace

TEST_CASE("Log lines lose their stamps, or keep them, and may begin at a time") {
  const std::string stored = std::string(kFirst) + "one\n" + kSecond + "two\n" + kSecond + "open";
  LogLines plain(false, std::nullopt);
  CHECK(plain.take(stored.substr(0, 40)) == "one\n");
  CHECK(plain.take(stored.substr(40)) == "two\n");
  CHECK(plain.finish() == "open");
  LogLines stamped(true, std::nullopt);
  const std::string whole_lines = stamped.take(stored);
  CHECK(whole_lines + stamped.finish() == stored);
  LogLines recent(false, parse_time("2026-01-01T00:00:02Z").value());
  CHECK(recent.take(stored) == "two\n");
}

TEST_CASE("A log is read on over the file being turned over") {
  const TemporaryFolder folder;
  folder.write("log", "a\n");
  LogFileReader reader(folder / "log", std::nullopt);
  CHECK(read_all(reader) == "a\n");
  std::ofstream(folder / "log", std::ios::app) << "b\n";
  std::filesystem::rename(folder / "log", folder / "log.1");
  folder.write("log", "c\n");
  CHECK(read_all(reader) == "b\nc\n");
  LogFileReader again(folder / "log", std::nullopt);
  CHECK(read_all(again) == "a\nb\nc\n");
}

TEST_CASE("The last lines of a log reach into the file turned over") {
  const TemporaryFolder folder;
  folder.write("log.1", "a\nb\n");
  folder.write("log", "c\nd\n");
  const std::pair<int, const char*> table[] = {
      {0, ""}, {1, "d\n"}, {2, "c\nd\n"}, {3, "b\nc\nd\n"}, {9, "a\nb\nc\nd\n"}};
  for (const auto& [lines, expected] : table) {
    CAPTURE(lines);
    LogFileReader reader(folder / "log", lines);
    CHECK(read_all(reader) == expected);
  }
}

TEST_CASE("Of a container the newest two runs keep their logs") {
  const TemporaryFolder folder;
  const PodLogFiles files(folder.path());
  LogKey key{{"default", "shop"}, "u1", "app", 0};
  for (key.run = 0; key.run < 4; ++key.run) std::ofstream(files.prepare(key).value()) << "run\n";
  CHECK(files.runs(key) == std::vector<int>{2, 3});
  files.keep_only({"u1"});
  CHECK(files.runs(key).size() == 2);
  files.keep_only({});
  CHECK(files.runs(key).empty());
}

}  // namespace sluice::local
