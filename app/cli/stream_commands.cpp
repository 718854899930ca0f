// weir stream list|show|create|set|delete|pin|unpin|move|pause|resume
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/api_client.hpp"
#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/find_row.hpp"
#include "app/cli/move_plan.hpp"
#include "app/cli/remote/remote.hpp"
#include "app/cli/status_json.hpp"
#include "app/cli/status_table.hpp"
#include "app/cli/status_warnings.hpp"
#include "app/cli/stream_settings.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

exit_code list_streams(invocation& call) {
  if (const auto printed = print_of_api(call, "/streams", true)) return *printed;
  return call.with_console([&](open_console& console) {
    const auto view = console.store->view();
    if (!view) return call.fail(view.error());
    if (call.wants_table())
      call.print(stream_table(*view, call.surroundings().colour(), call.width()));
    else
      call.print_list(stream_list_json(*view));
    return exit_code::ok;
  });
}

std::string stream_card(const ordered_json& stream) {
  std::string out;
  for (const auto& [name, value] : stream.items()) {
    if (name == "partitions") continue;
    std::string text;
    if (value.is_string())
      text = printable(value.get<std::string>());
    else if (value.is_null())
      text = "-";
    else if (value.is_object())
      for (const auto& [key, one] : value.items())
        text +=
            (text.empty() ? "" : ", ") + key + " " + (one.is_string() ? one.get<std::string>() : one.dump());
    else if (value.is_array())
      for (const auto& one : value) text += (text.empty() ? "" : " ") + printable(one.get<std::string>());
    else
      text = value.dump();
    out += name + std::string(22 - name.size(), ' ') + (text.empty() ? "-" : text) + "\n";
  }
  for (const auto& part : stream.at("partitions")) {
    const auto owner =
        part.at("owner").is_null() ? std::string{"free"} : printable(part.at("owner").get<std::string>());
    out += "slot " + part.at("slot").dump() + std::string(17 - part.at("slot").dump().size(), ' ') + owner +
           "  e" + part.at("epoch").dump() + "\n";
  }
  return out;
}

exit_code print_stream(invocation& call, console_store& store, const std::string& name) {
  if (call.by_api()) {
    const auto page = call.ask_api("GET", "/streams/" + url_part(name));
    if (!page) return call.fail(page.error());
    if (call.wants_table())
      call.print(stream_card(ordered_json::parse(*page)));
    else
      call.print_json(*page);
    return exit_code::ok;
  }
  const auto view = store.view();
  if (!view) return call.fail(view.error());
  const auto stream = find_stream(*view, name);
  if (!stream) return call.fail(stream.error());
  const auto shown = stream_json(view_index{*view}, **stream, true);
  if (call.wants_table())
    call.print(stream_card(shown));
  else
    call.print_json(shown);
  return exit_code::ok;
}

exit_code show_stream(invocation& call, const std::string& name) {
  return call.with_console([&](open_console& console) { return print_stream(call, *console.store, name); });
}

// A store's not_found gets the nearest name; anything else is printed as it is.
exit_code fail_on_stream(invocation& call, console_store& store, const std::string& name,
                         const error& problem) {
  if (problem.code != errc::not_found) return call.fail(problem);
  const auto view = store.view();
  if (!view) return call.fail(problem);
  const auto stream = find_stream(*view, name);
  return call.fail(stream ? problem : stream.error());
}

exit_code show_owners(invocation& call, const std::string& name, const std::string& text) {
  const auto limit = number_argument("-n", text, 1, 1000);
  if (!limit) return call.fail(limit.error());
  return call.with_console([&](open_console& console) {
    const auto owners = console.store->owners(name, *limit);
    if (!owners) return fail_on_stream(call, *console.store, name, owners.error());
    if (call.wants_table())
      call.print(owner_table(*owners, call.surroundings().colour(), call.width()));
    else
      call.print_list(owner_history_json(*owners));
    return exit_code::ok;
  });
}

// Does one thing to one stream, says so, and prints the stream as it is now where JSON is wanted.
exit_code change_stream(invocation& call, const std::string& name, const std::string& sentence,
                        const std::function<result<void>(console_store&)>& work) {
  return call.ordering().with_console([&](open_console& console) {
    if (const auto done = work(*console.store); !done)
      return fail_on_stream(call, *console.store, name, done.error());
    call.say(sentence);
    return call.wants_table() ? exit_code::ok : print_stream(call, *console.store, name);
  });
}

exit_code create_stream(invocation& call, const create_options& options) {
  const auto wanted = declaration_of(options);
  if (!wanted) return call.fail(wanted.error());
  return change_stream(call, options.name, "stream " + options.name + " exists",
                       [&](console_store& store) { return store.create_stream(*wanted); });
}

/// What follows from a change that is allowed, and may surprise.
void tell_of_change(invocation& call, const stream_row& stream, const stream_change& change) {
  const bool single = stream.mode == stream_mode::single;
  if (single && change.concurrency.value_or(1) > 1) {
    call.say("weir: warning: stream " + stream.name + " is single, and up to " +
             std::to_string(stream.concurrency) + " tasks of it will run at once on its node");
  }
  if (single && change.where == isolation::thread) {
    call.say("weir: warning: stream " + stream.name +
             " is single, and its tasks will run in the node's own process: one that does not end when it is "
             "asked to ends its node with it");
  }
  if (change.concurrency || change.where) {
    call.say("more runs at once, and another isolation, count where a node takes the stream next: " +
             (single ? "weir stream move " + stream.name + " NODE, or restart its node"
                     : std::string{"restart the nodes that have it now"}));
  }
}

exit_code set_stream(invocation& call, const std::string& name, const std::vector<std::string>& words) {
  const auto change = change_of(words);
  if (!change) return call.fail(change.error());
  return change_stream(call, name, "stream " + name + " is changed",
                       [&](console_store& store) -> result<void> {
                         if (auto done = store.change_stream(name, *change); !done) return done;
                         const auto rows = store.rows();
                         if (!rows) return {};  // it is changed all the same
                         for (const auto& stream : rows->streams)
                           if (stream.name == name) tell_of_change(call, stream, *change);
                         return {};
                       });
}

void warn_if_away(invocation& call, const cluster_view& view, const std::string& node) {
  const auto found = find_node(view, node);
  if (found && is_alive((*found)->state)) return;
  const std::string why =
      found ? std::string{"is "} + to_string((*found)->state) : std::string{"was never seen"};
  call.say("weir: warning: node " + node + " " + why);
}

exit_code pin_stream(invocation& call, const std::string& name, const std::string& node,
                     const std::optional<std::string>& policy) {
  if (const auto good = domain::check_name("node", node); !good) return call.fail(good.error());
  std::optional<pin_policy> chosen;
  if (policy) {
    const auto given = policy_argument("--policy", *policy);
    if (!given) return call.fail(given.error());
    chosen = *given;
  }
  return call.ordering().with_console([&](open_console& console) {
    console_store& store = *console.store;
    if (const auto done = store.pin(name, node, chosen); !done)
      return fail_on_stream(call, store, name, done.error());
    const auto view = store.view();
    if (!view) return call.fail(view.error());
    const auto stream = find_stream(*view, name);
    if (!stream) return call.fail(stream.error());
    call.say("stream " + name + " is " + pin_text(**stream));
    warn_if_away(call, *view, node);
    return call.wants_table() ? exit_code::ok : print_stream(call, store, name);
  });
}

exit_code move_stream(invocation& call, const std::string& name, const std::string& node,
                      const std::optional<std::string>& text) {
  std::optional<int> slot;
  if (text) {
    const auto given = number_argument("--slot", *text, 0, 1023);
    if (!given) return call.fail(given.error());
    slot = *given;
  }
  if (call.by_api()) {
    ordered_json body{{"node", node}};
    if (slot) body["slot"] = *slot;
    const auto moved = call.ask_api("POST", "/streams/" + url_part(name) + ":move", compact(body));
    if (!moved) return call.fail(moved.error());
    call.say("stream " + name + " moves to node " + node);
    if (!call.wants_table()) call.print_json(*moved);
    return exit_code::ok;
  }
  return call.ordering().with_console([&](open_console& console) {
    const auto rows = console.store->rows();
    if (!rows) return call.fail(rows.error());
    const auto plan = plan_move(*rows, name, node, slot);
    if (!plan) return call.fail(plan.error());
    const std::string what = "slot " + std::to_string(plan->slot) + " of stream " + name;
    if (plan->wishes.empty()) {
      call.say(what + " is on node " + node + " already, or on its way there");
    } else {
      if (const auto done = console.store->wish_for(plan->wishes); !done) return call.fail(done.error());
      call.say(what + " moves" + (plan->from.empty() ? "" : " from node " + plan->from) + " to node " + node +
               (plan->exchanged.empty() ? "" : ", " + plan->exchanged + " the other way"));
    }
    return call.wants_table() ? exit_code::ok : print_stream(call, *console.store, name);
  });
}

exit_code delete_stream(invocation& call, const std::string& name) {
  return call.ordering().with_console([&](open_console& console) {
    const auto before = console.store->view();
    if (!before) return call.fail(before.error());
    const auto stream = find_stream(*before, name);
    const auto told = stream ? deletion_warning(*before, **stream) : std::nullopt;
    if (told) call.say("weir: warning: " + *told);
    if (const auto done = console.store->delete_stream(name); !done)
      return fail_on_stream(call, *console.store, name, done.error());
    call.say("stream " + name + " is deleted; a node whose configuration declares it creates it again");
    if (!call.wants_table()) call.print_json(ordered_json{{"name", name}, {"deleted", true}});
    return exit_code::ok;
  });
}

exit_code pause_stream(invocation& call, const std::string& name, const std::optional<std::string>& until) {
  const auto time = until_argument(until, call.surroundings().now(), "weir stream resume " + name);
  if (!time) return call.fail(time.error());
  return change_stream(call, name, "stream " + name + " is paused" + (until ? " until " + *until : ""),
                       [&](console_store& store) { return store.pause(name, *time); });
}

// The verbs of the noun `stream`, as each is added to the command line.
class stream_verbs {
 public:
  stream_verbs(CLI::App& root, invocation& call)
      : call_{call},
        noun_{
            add_noun(root, "stream",
                     "streams: list, show, history, create, set, delete, pin, unpin, move, pause, resume")} {}

  void add_looking() {
    auto& list = add_verb(noun_, "list", "all streams, with counts and owners");
    list.callback([&call = call_] { call.chosen = list_streams; });

    auto& show = on_stream("show", "one stream: settings, counts, owner of each slot");
    choose(show, [name = name_](invocation& now) { return show_stream(now, *name); });

    auto limit = std::make_shared<std::string>("50");
    auto& history = on_stream("history", "who owned its partitions, newest first, and why each ended");
    history.add_option("-n,--limit", *limit, "at most N, 1 to 1000 (default 50)")->type_name("N");
    choose(history, [name = name_, limit](invocation& now) { return show_owners(now, *name, *limit); });
  }

  void add_creating() {
    auto wanted = std::make_shared<create_options>();
    auto& create = add_verb(noun_, "create", "a new stream");
    create.add_option("stream", wanted->name, "its name, 1-64 characters")->required()->type_name("S");
    create.add_option("--mode", wanted->mode, "single (one node at a time) or parallel (split over all)")
        ->required()
        ->type_name("single|parallel");
    create.add_option("--partitions", wanted->partitions, "of a parallel stream, 1 to 1024 (default 16)")
        ->type_name("N");
    create
        .add_option("--concurrency", wanted->concurrency,
                    "runs at once per node (default 1 single, 16 parallel)")
        ->type_name("N");
    create.add_option("--pin", wanted->pin, "bind it to this node")->type_name("NODE");
    create.add_option("--policy", wanted->policy, "of the pin (default: strict)")->type_name("strict|prefer");
    create.add_option("--isolation", wanted->isolation, "process (default of single) or thread")
        ->type_name("process|thread");
    create
        .add_option("--handover-delay", wanted->handover_delay,
                    "wait this long after a crash before taking over")
        ->type_name("D");
    choose(create, [wanted](invocation& now) { return create_stream(now, *wanted); });
  }

  void add_changing() {
    auto words = std::make_shared<std::vector<std::string>>();
    auto& set = on_stream("set", "change settings");
    set.add_option(
           "settings", *words,
           "mode, partitions, concurrency, pin_policy, isolation, handover_delay, async_finish, notify, "
           "rate, breaker.failures, breaker.pause")
        ->required()
        ->type_name("KEY=VALUE");
    choose(set, [name = name_, words](invocation& now) { return set_stream(now, *name, *words); });

    auto& remove =
        on_stream("delete", "delete a stream and its routes; refused while it has unfinished tasks");
    choose(remove, [name = name_](invocation& now) { return delete_stream(now, *name); });
  }

  void add_placing() {
    auto node = std::make_shared<std::string>();
    auto policy = std::make_shared<std::optional<std::string>>();
    auto& pin = on_stream("pin", "bind a stream to a node");
    pin.add_option("node", *node, "the node's name")->required()->type_name("NODE");
    pin.add_option("--policy", *policy,
                   "strict: wait while the node is away; prefer: run elsewhere meanwhile")
        ->type_name("strict|prefer");
    choose(pin,
           [name = name_, node, policy](invocation& now) { return pin_stream(now, *name, *node, *policy); });

    auto& unpin = on_stream("unpin", "let a stream run anywhere again");
    choose(unpin, [name = name_](invocation& now) {
      return change_stream(
          now, *name, "stream " + *name + " is not pinned any more",
          [name](console_store& store) { return store.pin(*name, std::nullopt, std::nullopt); });
    });

    auto slot = std::make_shared<std::optional<std::string>>();
    auto& move = on_stream(
        "move", "move a partition to a node once; it stays there while it may, a pin would bind it");
    move.add_option("node", *node, "the node's name")->required()->type_name("NODE");
    move.add_option("--slot", *slot, "which partition, from 0; needed where there are several")
        ->type_name("N");
    choose(move,
           [name = name_, node, slot](invocation& now) { return move_stream(now, *name, *node, *slot); });
  }

  void add_pausing() {
    auto until = std::make_shared<std::optional<std::string>>();
    auto& pause = on_stream("pause", "start no more tasks of a stream");
    pause.add_option("--until", *until, "resume by itself at this time (RFC 3339)")->type_name("T");
    choose(pause, [name = name_, until](invocation& now) { return pause_stream(now, *name, *until); });

    auto& resume = on_stream("resume", "start tasks of a paused stream again");
    choose(resume, [name = name_](invocation& now) {
      return change_stream(now, *name, "stream " + *name + " goes on",
                           [name](console_store& store) { return store.resume(*name); });
    });
  }

 private:
  CLI::App& on_stream(const std::string& word, const std::string& help) {
    auto& verb = add_verb(noun_, word, help);
    verb.add_option("stream", *name_, "the stream's name")->required()->type_name("S");
    return verb;
  }

  template <class Work>
  void choose(CLI::App& verb, Work work) {
    verb.callback([&call = call_, work] { call.chosen = work; });
  }

  invocation& call_;
  CLI::App& noun_;
  std::shared_ptr<std::string> name_ = std::make_shared<std::string>();
};

}  // namespace

void add_stream_commands(CLI::App& root, invocation& call) {
  stream_verbs verbs{root, call};
  verbs.add_looking();
  verbs.add_creating();
  verbs.add_changing();
  verbs.add_placing();
  verbs.add_pausing();
}

}  // namespace weir::app
