import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.io.BufferedWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs Debezium's embedded engine from a properties file until a number of row events came out.
 *
 * <p>Arguments: properties file, number of row events to wait for, output file (or - to count only), and
 * optionally "records" to write topic, key and value of every record, tombstones and schema changes included.
 * Prints one JSON line: events, and first/last event as ms since the epoch.
 */
public final class Capture {
    private static long events = 0;
    private static long first = 0;
    private static long last = 0;

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        try (Reader in = Files.newBufferedReader(Path.of(args[0]))) {
            config.load(in);
        }
        long wanted = Long.parseLong(args[1]);
        boolean records = args.length > 3 && args[3].equals("records");
        BufferedWriter out = args[2].equals("-") ? null : Files.newBufferedWriter(Path.of(args[2]));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Object done = new Object();
        boolean[] finished = {false};
        DebeziumEngine<ChangeEvent<String, String>> engine = DebeziumEngine.create(Json.class)
                .using(config)
                .using((success, message, error) -> {
                    if (!success) {
                        failure.set(error != null ? error : new IllegalStateException(message));
                    }
                    synchronized (done) {
                        finished[0] = true;
                        done.notifyAll();
                    }
                })
                .notifying((batch, committer) -> {
                    take(batch, out, records);
                    for (ChangeEvent<String, String> event : batch) {
                        committer.markProcessed(event);
                    }
                    committer.markBatchFinished();
                    if (events >= wanted) {
                        synchronized (done) {
                            finished[0] = true;
                            done.notifyAll();
                        }
                    }
                })
                .build();
        Thread runner = new Thread(engine, "engine");
        runner.start();
        synchronized (done) {
            while (!finished[0]) {
                done.wait();
            }
        }
        engine.close();
        runner.join();
        if (out != null) {
            out.close();
        }
        if (failure.get() != null) {
            failure.get().printStackTrace();
            System.exit(1);
        }
        System.out.printf("{\"events\":%d,\"first_ms\":%d,\"last_ms\":%d}%n", events, first, last);
        System.exit(0);
    }

    private static void take(List<ChangeEvent<String, String>> batch, BufferedWriter out, boolean records) {
        try {
            for (ChangeEvent<String, String> event : batch) {
                String value = event.value();
                boolean row = value != null && value.contains("\"op\":\"");
                if (row) {
                    if (events++ == 0) {
                        first = System.currentTimeMillis();
                    }
                }
                if (out != null && records) {
                    out.write("{\"topic\":\"" + event.destination() + "\",\"key\":" + event.key() + ",\"value\":" + value + "}\n");
                } else if (out != null && row) {
                    out.write(value);
                    out.write('\n');
                }
            }
            if (out != null) {
                out.flush();
            }
            last = System.currentTimeMillis();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
