#include "tests/local_pods/test_programs.h"

#include "net/sleep.h"

#include <cstdlib>
#include <thread>

namespace sluice::local {

namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(10);

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(const std::string& name,
                                             const std::string& text) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
  if (text.starts_with("#!")) std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

asio::awaitable<void> eventually(Clock& clock, std::string what, std::function<bool()> condition) {
  const SteadyTime deadline = clock.steady_now() + kGenerous;
  while (!condition()) {
    if (clock.steady_now() > deadline) FAIL("never: " << what);
    co_await net::sleep_for(clock, kLookAgain);
  }
}

void eventually(const std::string& what, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kGenerous;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("never: " << what);
    std::this_thread::sleep_for(kLookAgain);
  }
}

bool is_running(int pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.size() > name_end + 2 && stat[name_end + 2] != 'Z';
}

void run_on_loop(const std::function<asio::awaitable<int>(net::EventLoop&)>& main) {
  net::EventLoop loop;
  CHECK(loop.run(main(loop)) == 0);
}

}  // namespace sluice::local
