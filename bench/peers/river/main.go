// River as bench/peers.py drives it: says "ready", does its part on each line of standard input, says "done".
// usage: river URL SCHEMA migrate | add BATCH | one CALLERS | work      input: a number of jobs, anything (work)
package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

var pad = strings.Repeat("x", 90)

type noopArgs struct {
	N   int    `json:"n"`
	Pad string `json:"pad"`
}

func (noopArgs) Kind() string { return "noop" }

type noopWorker struct {
	river.WorkerDefaults[noopArgs]
	first sync.Once
}

func (w *noopWorker) Work(context.Context, *river.Job[noopArgs]) error {
	w.first.Do(func() { fmt.Printf("first %.6f\n", float64(time.Now().UnixMicro())/1e6) })
	return nil
}

// must ends the program where a peer cannot do its part: bench/peers.py tells what was said.
func must[T any](value T, problem error) T {
	if problem != nil {
		fmt.Fprintln(os.Stderr, "river:", problem)
		os.Exit(1)
	}
	return value
}

type peer struct {
	ctx    context.Context
	pool   *pgxpool.Pool
	schema string
	size   int
}

func (p *peer) client(config river.Config) *river.Client[pgx.Tx] {
	config.Schema = p.schema
	config.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	return must(river.NewClient(riverpgxv5.New(p.pool), &config))
}

func (p *peer) migrate() {
	migrator := must(rivermigrate.New(riverpgxv5.New(p.pool), &rivermigrate.Config{Schema: p.schema}))
	must(p.pool.Exec(p.ctx, "create schema "+p.schema))
	must(migrator.Migrate(p.ctx, rivermigrate.DirectionUp, nil))
}

// By COPY, which gives no ids back: the fastest way in.
func (p *peer) add(client *river.Client[pgx.Tx], count int) {
	for n := 0; n < count; {
		jobs := make([]river.InsertManyParams, 0, p.size)
		for ; n < count && len(jobs) < p.size; n++ {
			jobs = append(jobs, river.InsertManyParams{Args: noopArgs{n, pad}})
		}
		must(client.InsertManyFast(p.ctx, jobs))
	}
}

func (p *peer) addOneByOne(client *river.Client[pgx.Tx], count int) {
	var callers sync.WaitGroup
	for range p.size {
		callers.Go(func() {
			for n := range (count + p.size - 1) / p.size {
				must(client.Insert(p.ctx, noopArgs{n, pad}, nil))
			}
		})
	}
	callers.Wait()
}

// The settings of River's own benchmark. Counts what it tells its subscribers, which is once it is committed.
func (p *peer) work() {
	workers := river.NewWorkers()
	river.AddWorker(workers, &noopWorker{})
	client := p.client(river.Config{
		FetchCooldown:     2 * time.Millisecond,
		FetchPollInterval: 20 * time.Millisecond,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2_000}},
		Workers:           workers,
	})
	ended, _ := client.SubscribeConfig(&river.SubscribeConfig{
		ChanSize: 1_000_000, Kinds: []river.EventKind{river.EventKindJobCompleted}})
	must(0, client.Start(p.ctx))
	go func() {
		tick, total, told := time.NewTicker(5*time.Millisecond), 0, 0
		for {
			select {
			case <-ended:
				total++
			case <-tick.C:
				if total != told {
					told = total
					fmt.Println("ended", told)
				}
			}
		}
	}()
}

func main() {
	url, part := os.Args[1], os.Args[3]
	p := &peer{ctx: context.Background(), schema: os.Args[2]}
	if len(os.Args) > 4 {
		p.size = must(strconv.Atoi(os.Args[4]))
	}
	config := must(pgxpool.ParseConfig(url))
	config.MaxConns = 10
	if part == "one" {
		config.MaxConns = int32(p.size)
	}
	p.pool = must(pgxpool.NewWithConfig(p.ctx, config))
	if part == "migrate" {
		p.migrate()
		fmt.Println("ready")
		return
	}
	producer := p.client(river.Config{})
	must(0, p.pool.Ping(p.ctx))
	fmt.Println("ready")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); fmt.Println("done") {
		switch part {
		case "add":
			p.add(producer, must(strconv.Atoi(input.Text())))
		case "one":
			p.addOneByOne(producer, must(strconv.Atoi(input.Text())))
		case "work": // ends when it is killed
			p.work()
		}
	}
}
