// SPDX-License-Identifier: Apache-2.0
#include "machine/ceilings.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <map>

#include "base/units.hpp"
#include "machine/kernels.hpp"

namespace opgauge {
namespace {

constexpr double visit_s =
    1e-3;  // aimed at; long enough that the clock and the meeting of threads do not count
constexpr size_t granule =
    3072;  // arrays are whole multiples of 1024 also when a set is cut in two or three
constexpr double MiB = 1 << 20;
constexpr uint64_t word =
    0x3f8000003f800000;  // also two f32 of 1.0, so that triad computes with normal numbers

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

size_t whole_granules(double bytes) {
  return std::max<size_t>(1, static_cast<size_t>(bytes / granule)) * granule;
}

// Pages of one thread, touched first by it.
class Memory {
 public:
  explicit Memory(size_t bytes) : bytes_(bytes) {
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
      throw Error("machine detect", "cannot allocate " + format_bytes(static_cast<double>(bytes)) +
                                        ": " + std::strerror(errno));
    }
    at_ = static_cast<std::byte*>(at);
  }
  ~Memory() {
    if (at_) ::munmap(at_, bytes_);
  }
  Memory(Memory&& other) noexcept : at_(std::exchange(other.at_, nullptr)), bytes_(other.bytes_) {}
  Memory& operator=(Memory&&) = delete;
  std::byte* data() const { return at_; }

 private:
  std::byte* at_ = nullptr;
  size_t bytes_;
};

// One thing to measure: a visit returns a rate, the best is kept.
struct Item {
  std::function<double()> visit;
  double best = 0;
};

void visit_all(std::vector<Item*> items, double until_s, int least_rounds) {
  for (int round = 0; round < least_rounds || now_s() < until_s; ++round) {
    for (Item* item : items) {
      item->best = std::max(item->best, item->visit());
      if (round >= least_rounds && now_s() >= until_s) return;
    }
  }
}

double arithmetic_visit(ThreadTeam& team, const ArithmeticKernel& kernel, int threads,
                        int64_t& steps) {
  std::vector<double> sums(static_cast<size_t>(threads));
  const double elapsed_s =
      team.run(threads, [&](int i) { sums[static_cast<size_t>(i)] = kernel.run(steps, 2.0 + i); });
  OPGAUGE_CHECK(elapsed_s > 0, "the clock stood still over an arithmetic kernel");
  for (int i = 0; i < threads; ++i) {
    const double expected = expected_sum(kernel, steps, 2.0 + i);
    OPGAUGE_CHECK(
        std::abs(sums[static_cast<size_t>(i)] - expected) <= kernel.tolerance * std::abs(expected),
        "an arithmetic kernel did not do its work");
  }
  const double rate = kernel.flops(steps) * threads / elapsed_s;
  // The next visit takes the time aimed at.
  const double wanted = static_cast<double>(steps) * std::clamp(visit_s / elapsed_s, 0.25, 4.0);
  steps = std::clamp<int64_t>(static_cast<int64_t>(wanted), 1000, kernel.largest_steps);
  return rate;
}

struct StreamKind {
  const char* name;
  int arrays;
};
constexpr StreamKind stream_kinds[] = {{"read", 1}, {"write", 1}, {"copy", 2}, {"triad", 3}};

// `passes` over a set of `bytes` at `at`; returns the bytes read plus written. All results are
// consumed.
double stream_passes(const StreamKernels& kernels, const StreamKind& kind, std::byte* at,
                     size_t bytes, int passes) {
  const size_t each = bytes / static_cast<size_t>(kind.arrays);
  uint64_t sum = 0;
  for (int pass = 0; pass < passes; ++pass) {
    switch (kind.name[0]) {
      case 'r':
        sum += kernels.read(at, each);
        break;
      case 'w':
        kernels.write(at, each, word);
        break;
      case 'c':
        kernels.copy(at, at + each, each);
        break;
      default:
        kernels.triad(at, at + each, at + 2 * each, each, 0.0f);
    }
  }
  const auto last_word = [&] {
    uint64_t value = 0;
    std::memcpy(&value, at + each - 8, 8);
    return value;
  };
  if (kind.name[0] == 'r') {
    OPGAUGE_CHECK(sum == word * (each / 8) * static_cast<uint64_t>(passes),
                  "a stream was not read");
  } else {
    OPGAUGE_CHECK(last_word() == word, "a stream was not written");
  }
  return static_cast<double>(each) * kind.arrays * passes;
}

class Streams {
 public:
  Streams(ThreadTeam& team, int threads, double largest_total_bytes)
      : team_(team), kernels_(vector_kernels().front().streams) {
    // One thread needs the whole of the largest set, many share it.
    for (int i = 0; i < threads; ++i) {
      capacity_.push_back(whole_granules(i == 0 ? largest_total_bytes : largest_total_bytes / 2));
    }
    for (const size_t bytes : capacity_) memory_.emplace_back(bytes);
  }

  // Bytes per second of all threads, each on its own set of `bytes`.
  double visit(const StreamKind& kind, int threads, size_t bytes, int& passes) {
    touch(threads, bytes);
    std::vector<double> moved(static_cast<size_t>(threads));
    const double elapsed_s = team_.run(threads, [&](int i) {
      const size_t at = static_cast<size_t>(i);
      moved[at] = stream_passes(kernels_, kind, memory_[at].data(), bytes, passes);
    });
    OPGAUGE_CHECK(elapsed_s > 0, "the clock stood still over a stream");
    double total = 0;
    for (const double one : moved) total += one;
    const double wanted = passes * std::clamp(visit_s / elapsed_s, 0.1, 10.0);
    passes = std::clamp(static_cast<int>(wanted), 1, 1 << 20);
    return total / elapsed_s;
  }

 private:
  void touch(int threads, size_t bytes) {
    touched_.resize(memory_.size());
    team_.run(threads, [&](int i) {
      const size_t at = static_cast<size_t>(i);
      if (touched_[at] >= bytes) return;
      OPGAUGE_CHECK(bytes <= capacity_[at], "a working set larger than its memory");
      kernels_.write(memory_[at].data(), (bytes + 1023) / 1024 * 1024, word);
      touched_[at] = bytes;
    });
  }

  ThreadTeam& team_;
  StreamKernels kernels_;
  std::vector<size_t> capacity_;
  std::vector<Memory> memory_;
  std::vector<size_t> touched_;
};

double clock_visit(ThreadTeam& team) {
  constexpr uint64_t additions = 64 * 20000;
  uint64_t sum = 0;
  const double elapsed_s = team.run(1, [&](int) { sum = dependent_additions(additions, 1); });
  OPGAUGE_CHECK(elapsed_s > 0 && sum == 1 + 3 * additions, "the clock loop did not do its work");
  return static_cast<double>(additions) / elapsed_s;
}

struct ComputeItem {
  ArithmeticKernel kernel;
  int threads;
  int64_t steps = 10000;
};

std::vector<ComputeItem> compute_items(const std::vector<int>& thread_counts) {
  std::vector<ArithmeticKernel> kernels;
  for (const VectorKernels& one : vector_kernels()) {
    kernels.push_back(one.f32);
    if (one.f64.run) kernels.push_back(one.f64);
  }
  for (const ArithmeticKernel& one : dot_kernels()) kernels.push_back(one);
  std::vector<ComputeItem> items;
  for (const ArithmeticKernel& kernel : kernels) {
    for (const int threads : thread_counts) items.push_back({kernel, threads});
  }
  return items;
}

// Working sets of the sweep, three in an octave.
std::vector<size_t> sweep_sizes(double largest_bytes) {
  std::vector<size_t> sizes;
  for (double bytes = 2 * granule; bytes <= largest_bytes; bytes *= std::cbrt(2.0)) {
    const size_t size = whole_granules(bytes);
    if (sizes.empty() || size > sizes.back()) sizes.push_back(size);
  }
  return sizes;
}

double largest_cache_bytes(const Topology& topology) {
  double largest = 4 * MiB;
  for (const DeclaredCache& cache : topology.caches)
    largest = std::max(largest, cache.capacity_bytes);
  return largest;
}

// Far beyond the last cache if memory allows; a hypervisor that declares hundreds of MiB is not
// believed beyond 1 GiB.
double largest_working_set(const Topology& topology, double available_memory_bytes) {
  const double wanted = std::clamp(4 * largest_cache_bytes(topology), 64 * MiB, 1024 * MiB);
  return std::max(16 * MiB, std::min(wanted, available_memory_bytes / 4));
}

std::vector<MemoryLevel> levels_from(const Topology& topology, const std::vector<SweepPoint>& sweep,
                                     std::vector<std::string>& notes) {
  std::vector<double> declared;
  for (const DeclaredCache& cache : topology.caches) declared.push_back(cache.capacity_bytes);
  // Where nothing is declared, the sweep alone says what there is.
  const int most = declared.empty() ? 3 : static_cast<int>(declared.size());
  const std::vector<CurveStep> steps = find_steps(sweep, most);
  std::vector<MemoryLevel> levels;
  if (declared.empty()) {
    for (size_t i = 0; i < steps.size(); ++i) {
      MemoryLevel level = declared_level(fmt::format("L{}", i + 1), 1, std::nullopt);
      level.measured_capacity_bytes = std::round(steps[i].capacity_bytes);
      level.note = "not declared";
      levels.push_back(level);
    }
  } else {
    const auto verdicts = judge_capacities(declared, steps, sweep.back().working_set_bytes);
    for (size_t i = 0; i < declared.size(); ++i) {
      const DeclaredCache& cache = topology.caches[i];
      MemoryLevel level =
          declared_level(fmt::format("L{}", cache.level), cache.shared_by_cores, declared[i]);
      level.contradicted = verdicts[i].contradicted;
      level.note = verdicts[i].note;
      if (verdicts[i].measured_capacity_bytes) {
        level.measured_capacity_bytes = std::round(*verdicts[i].measured_capacity_bytes);
      }
      if (!levels.empty() && level.capacity_bytes() <= levels.back().capacity_bytes()) {
        notes.push_back(fmt::format("{} left out: {} is not larger than {}", level.name,
                                    format_bytes(level.capacity_bytes()), levels.back().name));
        continue;
      }
      if (level.contradicted) notes.push_back(level.name + ": " + level.note);
      levels.push_back(level);
    }
  }
  levels.push_back(declared_level("DRAM", topology.cores, topology.memory_bytes));
  return levels;
}

struct StreamItem {
  size_t level;
  StreamKind kind;
  int threads;
  size_t bytes;  // of each thread
  int passes = 1;
};

// Two working sets well inside each level: midway (in octaves) from the level before, and at 60 %
// of its capacity.
std::vector<StreamItem> stream_items(const std::vector<MemoryLevel>& levels,
                                     const std::vector<int>& thread_counts, double largest_bytes) {
  std::vector<StreamItem> items;
  for (size_t i = 0; i < levels.size(); ++i) {
    const bool dram = i + 1 == levels.size();
    for (const int threads : thread_counts) {
      const int sharing = std::min(threads, levels[i].shared_by_cores);
      const double share = levels[i].capacity_bytes() / sharing;
      const double below = i == 0 ? share / 4
                                  : levels[i - 1].capacity_bytes() /
                                        std::min(threads, levels[i - 1].shared_by_cores);
      // The last: as far out as the sweep went, shared by the threads.
      const std::vector<double> sets =
          dram ? std::vector<double>{largest_bytes / threads}
               : std::vector<double>{std::sqrt(below * share), std::max(0.6 * share, 1.1 * below)};
      for (const double set : sets) {
        const size_t bytes = whole_granules(std::min(set, largest_bytes / std::max(1, threads)));
        for (const StreamKind& kind : stream_kinds) items.push_back({i, kind, threads, bytes});
      }
    }
  }
  return items;
}

void keep_bandwidths(std::vector<MemoryLevel>& levels, const std::vector<StreamItem>& what,
                     const std::vector<Item>& items) {
  for (size_t i = 0; i < what.size(); ++i) {
    auto& bandwidths = levels[what[i].level].bandwidths;
    const auto same = std::ranges::find_if(bandwidths, [&](const Bandwidth& one) {
      return one.kernel == what[i].kind.name && one.threads == what[i].threads;
    });
    if (same == bandwidths.end()) {
      bandwidths.push_back({what[i].kind.name, what[i].threads, items[i].best, Source::measured});
    } else {
      same->bytes_per_s = std::max(same->bytes_per_s, items[i].best);
    }
  }
}

}  // namespace

MemoryLevel declared_level(std::string name, int shared_by_cores,
                           std::optional<double> capacity_bytes) {
  MemoryLevel level;
  level.name = std::move(name);
  level.shared_by_cores = shared_by_cores;
  level.declared_capacity_bytes = capacity_bytes;
  return level;
}

std::vector<int> measured_thread_counts(int cores) {
  std::vector<int> counts;
  for (int n = 1; n < cores; n *= 2) counts.push_back(n);
  counts.push_back(cores);
  return counts;
}

Ceilings measure_ceilings(const Topology& topology, int cores, const CeilingOptions& options) {
  const int threads = std::clamp(cores, 1, static_cast<int>(topology.cpus.size()));
  ThreadTeam team({topology.cpus.begin(), topology.cpus.begin() + threads});
  const std::vector<int> counts = measured_thread_counts(threads);
  const double start_s = now_s();
  const double largest = largest_working_set(topology, options.available_memory_bytes);
  Streams streams(team, threads, largest);
  Ceilings result;

  // Part one, 40 % of the time: the sweep, the clock and the arithmetic, in the same rounds.
  std::vector<ComputeItem> compute = compute_items(counts);
  const std::vector<size_t> sizes = sweep_sizes(largest);
  std::vector<int> passes(sizes.size(), 1);
  std::vector<Item> sweep_visits, compute_visits;
  for (size_t i = 0; i < sizes.size(); ++i) {
    sweep_visits.push_back(
        {[&, i] { return streams.visit(stream_kinds[0], 1, sizes[i], passes[i]); }});
  }
  for (ComputeItem& one : compute) {
    compute_visits.push_back(
        {[&] { return arithmetic_visit(team, one.kernel, one.threads, one.steps); }});
  }
  Item clock{[&] { return clock_visit(team); }};
  std::vector<Item*> first{&clock};
  for (Item& item : compute_visits) first.push_back(&item);
  for (Item& item : sweep_visits) first.push_back(&item);
  options.progress(fmt::format("arithmetic of {} kernels, reads of {} to {}", compute.size(),
                               format_bytes(static_cast<double>(sizes.front())),
                               format_bytes(static_cast<double>(sizes.back()))));
  visit_all(first, start_s + 0.4 * options.budget_s, 3);
  for (size_t i = 0; i < sizes.size(); ++i) {
    result.sweep.push_back({static_cast<double>(sizes[i]), sweep_visits[i].best});
  }
  result.levels = levels_from(topology, result.sweep, result.notes);

  // Part two: bandwidths of the levels that were found, with more visits of the arithmetic in
  // between.
  std::vector<StreamItem> what = stream_items(result.levels, counts, largest);
  std::vector<Item> stream_visits;
  for (StreamItem& one : what) {
    stream_visits.push_back(
        {[&] { return streams.visit(one.kind, one.threads, one.bytes, one.passes); }});
  }
  std::vector<Item*> second{&clock};
  for (Item& item : compute_visits) second.push_back(&item);
  for (Item& item : stream_visits) second.push_back(&item);
  options.progress(fmt::format("bandwidth of {} levels on {} threads", result.levels.size(),
                               fmt::join(counts, ", ")));
  visit_all(second, start_s + options.budget_s, 3);
  keep_bandwidths(result.levels, what, stream_visits);

  for (size_t i = 0; i < compute.size(); ++i) {
    result.compute.push_back({compute[i].kernel.dtype, compute[i].kernel.isa, compute[i].threads,
                              compute_visits[i].best, Source::measured});
  }
  result.clock_hz = clock.best;
  if (!team.bound())
    result.notes.push_back("threads could not be bound to CPUs: ceilings are of floating threads");
  return result;
}

}  // namespace opgauge
