#include "cli/flags.h"

#include "net/host_port.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace sluice::cli {

void add_name(CLI::App& command, std::string& name) {
  command.add_option("NAME", name, "The rollout")->required()->type_name("");
}

void add_json_output(CLI::App& command, bool& as_json, const std::string& help) {
  const auto choose = [&as_json](const std::string& format) { as_json = format == "json"; };
  command.add_option_function<std::string>("-o,--output", choose, help)
      ->check(CLI::IsMember({"json"}).description(""))
      ->type_name("json");
}

void add_names(CLI::App& command, std::vector<std::string>& names, const std::string& what) {
  command.add_option("NAME", names, what + "; several are done one after the other")
      ->required()
      ->type_name("");
}

void add_output(CLI::App& command, std::string& output, const std::string& help) {
  command.add_option("-o,--output", output, help)
      ->check(CLI::IsMember({"json", "yaml", "name", "wide"}).description(""))
      ->type_name("json|yaml|name|wide");
}

void add_listen(CLI::App& command, const std::string& flag, std::string& value,
                const std::string& help) {
  CLI::Option* option = command.add_option(flag, value, help);
  option->type_name("HOST:PORT")->capture_default_str();
  check_with(*option, [](const std::string& text) {
    const auto address = net::parse_host_port(text);
    return address ? "" : address.error().message;
  });
}

void add_timeout(CLI::App& command, Duration& timeout, const std::string& help) {
  const auto read = [&timeout](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) throw CLI::ValidationError("--timeout", duration.error().message);
    if (*duration < Duration::zero())
      throw CLI::ValidationError("--timeout", "\"" + text + "\" is negative");
    timeout = *duration;
  };
  command.add_option_function<std::string>("-t,--timeout", read, help)
      ->type_name("DURATION")
      ->default_str(timeout == Duration::zero() ? "0" : format_duration(timeout));
}

void add_answer_options(CLI::App& command, bool& as_json, const std::string& examples) {
  add_json_output(command, as_json, "What came of it: done, already, refused, …");
  add_examples(command, examples +
                            "\nExit code 0: done, or so already; 1: failed; 3: asked for, and not "
                            "acted upon\nin time; 4: refused, nothing is done.");
}

void add_examples(CLI::App& command, const std::string& lines) {
  command.footer("Examples:\n" + lines);
}

void check_with(CLI::Option& option, std::function<std::string(const std::string&)> problem_of) {
  option.check(CLI::Validator(std::move(problem_of), ""));
}

}  // namespace sluice::cli
