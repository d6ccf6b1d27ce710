// Documents with schemas on stdin, a line each; the Avro schema, a tab and the value's bytes in hex on stdout.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;

import io.apicurio.registry.utils.converter.avro.AvroData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;

public class Record {
    public static void main(String[] arguments) throws Exception {
        JsonConverter json = new JsonConverter();
        json.configure(Map.of("schemas.enable", "true", "replace.null.with.default", "false"), false);
        AvroData avro = new AvroData(10);
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            SchemaAndValue document = json.toConnectData("t", line.getBytes(StandardCharsets.UTF_8));
            org.apache.avro.Schema schema = avro.fromConnectSchema(document.schema());
            Object value = avro.fromConnectData(document.schema(), document.value());
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
            new GenericDatumWriter<Object>(schema).write(value, encoder);
            encoder.flush();
            out.println(schema + "\t" + HexFormat.of().formatHex(bytes.toByteArray()));
        }
        out.flush();
    }
}
