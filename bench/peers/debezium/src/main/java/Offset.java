import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes an offset file as Kafka's FileOffsetBackingStore reads it, so that a run starts at a given position.
 *
 * <p>Arguments: file, key as JSON, value as JSON.
 */
public final class Offset {
    public static void main(String[] args) throws Exception {
        Map<byte[], byte[]> offsets = new HashMap<>();
        offsets.put(args[1].getBytes(StandardCharsets.UTF_8), args[2].getBytes(StandardCharsets.UTF_8));
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(Path.of(args[0])))) {
            out.writeObject(offsets);
        }
    }
}
