import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.Header;
import io.debezium.engine.format.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.io.StringWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Real Debezium as an oracle: one JVM that runs embedded engines, told what to do by lines on standard input.
 *
 * <p>{@code start <id> <properties file> <output file>} runs an engine; every record becomes a line
 * {@code {"topic","key","value","partition","headers"}} of the output file (the partition where the record asks for one), JSON documents as the configured JsonConverter
 * writes them. {@code stop <id>} ends it. {@code quit} ends all. Standard output answers with
 * {@code started <id>}, {@code ended <id>} (by itself or by stop) or {@code failed <id> <reason>}.
 */
public final class Oracle {
    private static final PrintStream ANSWERS = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final Map<String, DebeziumEngine<?>> ENGINES = new HashMap<>();

    public static void main(String[] args) throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split("\t");
            switch (words[0]) {
                case "start" -> start(words[1], Path.of(words[2]), Path.of(words[3]));
                case "stop" -> stop(words[1]);
                case "quit" -> System.exit(0);
                default -> ANSWERS.println("unknown command: " + line);
            }
        }
        System.exit(0);
    }

    private static void start(String id, Path properties, Path output) throws Exception {
        Properties config = new Properties();
        try (Reader in = Files.newBufferedReader(properties)) {
            config.load(in);
        }
        BufferedWriter out = Files.newBufferedWriter(output);
        DebeziumEngine<ChangeEvent<String, String>> engine = DebeziumEngine.create(Json.class, Json.class, Json.class)
                .using(config)
                .using((success, message, error) -> {
                    try {
                        out.close();
                    } catch (java.io.IOException e) {
                        error = error != null ? error : e;
                    }
                    ANSWERS.println(success ? "ended\t" + id : "failed\t" + id + "\t" + reason(message, error));
                })
                .notifying((batch, committer) -> {
                    write(batch, out);
                    for (ChangeEvent<String, String> event : batch) {
                        committer.markProcessed(event);
                    }
                    committer.markBatchFinished();
                })
                .build();
        ENGINES.put(id, engine);
        Thread thread = new Thread(engine, "engine-" + id);
        thread.setDaemon(true);
        thread.start();
        ANSWERS.println("started\t" + id);
    }

    private static void stop(String id) throws Exception {
        DebeziumEngine<?> engine = ENGINES.remove(id);
        if (engine != null) {
            engine.close();
        }
    }

    private static void write(List<ChangeEvent<String, String>> batch, BufferedWriter out) {
        try {
            for (ChangeEvent<String, String> event : batch) {
                out.write("{\"topic\":\"" + event.destination() + "\",\"key\":" + event.key()
                        + ",\"value\":" + event.value());
                if (event.partition() != null) {
                    out.write(",\"partition\":" + event.partition());
                }
                out.write(",\"headers\":{");
                String separator = "";
                for (Header<String> header : ((ChangeEvent<String, String>) event).<String>headers()) {
                    out.write(separator + "\"" + header.getKey() + "\":" + header.getValue());
                    separator = ",";
                }
                out.write("}}\n");
            }
            out.flush();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String reason(String message, Throwable error) {
        StringWriter text = new StringWriter();
        text.append(message == null ? "" : message);
        if (error != null) {
            error.printStackTrace(new PrintWriter(text));
        }
        return text.toString().replaceAll("[\\r\\n\\t]+", " | ");
    }
}
