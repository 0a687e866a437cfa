#include "local/pods/image_catalog.h"
#include "local/pods/pod_addresses.h"
#include "local/pods/pod_backoff.h"
#include "local/pods/pod_listeners.h"
#include "local/pods/probe_state.h"
#include "tests/local_pods/test_programs.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

using boost::asio::ip::tcp;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

TEST_CASE("Image names lose their registry and get a tag") {
  struct Row {
    const char* text;
    const char* repository;
    const char* tag;
  };

  const Row table[] = {{"shop:v2", "shop", "v2"},
                       {"shop", "shop", "latest"},
                       {"ghcr.io/acme/shop:v2", "acme/shop", "v2"},
                       {"localhost:5000/shop:1.0", "shop", "1.0"},
                       {"localhost/shop:1.0", "shop", "1.0"},
                       {"acme/shop:v2", "acme/shop", "v2"},
                       {"docker.io/library/nginx:1", "nginx", "1"},
                       {"shop:v2@sha256:abc", "shop", "v2"},
                       {"shop@sha256:abc", "shop", "sha256:abc"}};
  for (const Row& row : table) {
    CAPTURE(row.text);
    const Result<ImageReference> reference = parse_image_reference(row.text);
    REQUIRE(reference);
    CHECK(*reference == ImageReference{row.repository, row.tag});
  }
  for (const char* wrong : {"", ":v2", "shop:", "Shop:v2", "../shop:v2", "a/../b:v2", "a//b",
                            "shop:../v3", "shop:v 2", "/shop"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_image_reference(wrong));
  }
}

TEST_CASE("An image is a folder, with or without a configuration") {
  const TemporaryFolder folder;
  folder.write("shop/v1/run", "#!/bin/sh\n");
  folder.write("shop/v2/image.json",
               R"({"entrypoint": ["./run"], "cmd": ["-a"], "env": {"A": "1"}, "workdir": "data"})");
  folder.write("shop/v3/image.yaml", "entrypoint: [python3, app.py]\nenv: ['A=b=c']\n");
  folder.write("shop/v4/image.json", R"({"entrypoint": "run"})");
  const ImageCatalog images(folder.path());
  const std::string root = folder.path().string();

  const Image plain = images.find("registry.io/team/shop:v1").value();
  CHECK(plain.folder == folder / "shop/v1");
  CHECK_FALSE(plan_launch(plain, {}, {}, ""));
  Launch launch = plan_launch(plain, {"run", "now"}, {"x"}, "").value();
  CHECK(launch.argv == std::vector<std::string>{root + "/shop/v1/run", "now", "x"});
  CHECK(launch.cwd == root + "/shop/v1");
  CHECK(plan_launch(plain, {"/run"}, {}, "").value().argv[0] == root + "/shop/v1/run");
  CHECK(plan_launch(plain, {"/bin/sh"}, {}, "").value().argv[0] == "/bin/sh");
  CHECK(plan_launch(plain, {"sh"}, {}, "").value().argv[0] == "sh");
  CHECK(plan_launch(plain, {"sh"}, {}, "/tmp").value().cwd == "/tmp");

  const Image configured = images.find("shop:v2").value();
  launch = plan_launch(configured, {}, {}, "").value();
  CHECK(launch.argv == std::vector<std::string>{root + "/shop/v2/./run", "-a"});
  CHECK(launch.cwd == root + "/shop/v2/data");
  CHECK(plan_launch(configured, {}, {"-b"}, "").value().argv.back() == "-b");
  CHECK(plan_launch(configured, {"sh"}, {}, "").value().argv.size() == 1);
  CHECK(configured.env == std::vector<std::pair<std::string, std::string>>{{"A", "1"}});

  CHECK(images.find("shop:v3").value().env ==
        std::vector<std::pair<std::string, std::string>>{{"A", "b=c"}});
  CHECK(images.find("shop:v4").error().code == ErrorCode::Invalid);
  CHECK(images.find("shop:v9").error().code == ErrorCode::NotFound);
}

TEST_CASE("Restarts wait 0, 10, 20, 40 s up to 5 min, and forget after ten good minutes") {
  RestartBackoff backoff;
  SteadyTime now{};
  const seconds expected[] = {seconds(0),  seconds(10),  seconds(20),  seconds(40),
                              seconds(80), seconds(160), seconds(300), seconds(300)};
  for (const seconds wait : expected) {
    now += seconds(1);
    CHECK(backoff.next(now) == wait);
    now += wait;
  }
  now += minutes(11);
  CHECK(backoff.next(now) == seconds(0));
}

TEST_CASE("Probe thresholds count results in a row") {
  ProbeSpec spec;
  spec.success_threshold = 2;
  spec.failure_threshold = 3;
  ProbeState readiness(ProbeKind::Readiness, spec);
  CHECK_FALSE(readiness.passing());
  CHECK_FALSE(readiness.record(true));
  CHECK_FALSE(readiness.record(false));
  CHECK_FALSE(readiness.record(true));
  CHECK(readiness.record(true));
  CHECK(readiness.passing());
  CHECK_FALSE(readiness.record(false));
  CHECK_FALSE(readiness.record(false));
  CHECK(readiness.record(false));
  CHECK_FALSE(readiness.passing());
  CHECK_FALSE(readiness.must_kill());

  spec.success_threshold = 1;
  ProbeState liveness(ProbeKind::Liveness, spec);
  CHECK(liveness.passing());
  CHECK_FALSE(liveness.record(false));
  CHECK_FALSE(liveness.record(false));
  CHECK(liveness.record(false));
  CHECK(liveness.must_kill());

  ProbeState startup(ProbeKind::Startup, spec);
  CHECK_FALSE(startup.finished());
  CHECK(startup.record(true));
  CHECK(startup.finished());
}

TEST_CASE("Addresses are unique, in 127.64.0.0/10, and the freed ones come last") {
  PodAddresses addresses(3, [](const std::string& address) { return address == "127.64.3.2"; });
  CHECK(addresses.acquire() == "127.64.3.1");
  CHECK(addresses.acquire() == "127.64.3.3");
  addresses.release("127.64.3.1");
  CHECK(addresses.acquire() == "127.64.3.4");
  CHECK(addresses.adopt("127.64.3.5"));
  CHECK_FALSE(addresses.adopt("127.64.3.5"));
  CHECK_FALSE(addresses.adopt("10.0.0.1"));
  CHECK_FALSE(addresses.adopt("127.128.0.1"));
  CHECK(addresses.acquire() == "127.64.3.6");
}

TEST_CASE("Where nothing listens, it is said where something does") {
  const std::vector<Listener> listeners = {{"127.64.0.1", 8080}, {"0.0.0.0", 80}};
  CHECK(describe_missing_listener(listeners, "127.64.0.1", 8080) == "");
  CHECK(describe_missing_listener(listeners, "127.64.0.1", 80) ==
        "nothing listens on 127.64.0.1:80; a program must bind to the address in POD_IP "
        "(something listens on 0.0.0.0:80)");
  CHECK(describe_missing_listener(listeners, "127.64.0.2", 8080) ==
        "nothing listens on 127.64.0.2:8080; a program must bind to the address in POD_IP");
}

TEST_CASE("A log says in many tongues that an address is in use") {
  for (const char* log : {
           "OSError: [Errno 98] Address already in use\n",
           "listen tcp 0.0.0.0:8080: bind: address already in use\n",
           "Error: listen EADDRINUSE: address already in use :::8080\n",
           "java.net.BindException: Address already in use\n\tat Net.bind(Native Method)\n",
       }) {
    CAPTURE(log);
    CHECK(describe_address_in_use(log, "127.64.0.2") ==
          "the program has ended, and its log says that the address is already in use: it must "
          "bind to the address in POD_IP (127.64.0.2), not to all addresses, for the pods share "
          "the machine's ports");
  }
  CHECK(describe_address_in_use("", "127.64.0.2") == "");
  CHECK(describe_address_in_use("this e-mail address is already in use\n", "127.64.0.2") == "");
}

TEST_CASE("The kernel says who listens") {
  boost::asio::io_context loop;
  const auto listen = [&loop](const char* address) {
    return tcp::acceptor(loop, {boost::asio::ip::make_address(address), 0});
  };
  const tcp::acceptor four = listen("127.64.77.1");
  const auto is_known = [](const std::string& address, int port) {
    const auto listeners = find_listeners();
    REQUIRE(listeners);
    return std::count(listeners->begin(), listeners->end(), Listener{address, port}) == 1;
  };
  CHECK(is_known("127.64.77.1", four.local_endpoint().port()));
  tcp::socket client(loop);
  client.connect(four.local_endpoint());
  CHECK_FALSE(is_known("127.64.77.1", client.local_endpoint().port()));
}

}  // namespace sluice::local
