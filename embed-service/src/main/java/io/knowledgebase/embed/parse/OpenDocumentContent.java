package io.knowledgebase.embed.parse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import javax.xml.namespace.QName;
import javax.xml.stream.XMLEventFactory;
import javax.xml.stream.XMLEventReader;
import javax.xml.stream.XMLEventWriter;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.events.Attribute;
import javax.xml.stream.events.StartElement;
import javax.xml.stream.events.XMLEvent;
import org.apache.tika.exception.TikaException;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.apache.tika.parser.odf.OpenDocumentContentParser;
import org.apache.tika.sax.ContentHandlerDecorator;
import org.apache.tika.sax.XHTMLContentHandler;
import org.apache.tika.utils.XMLReaderUtils;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.AttributesImpl;

/**
 * Reads the {@code content.xml} of an OpenDocument file with Tika's parser, which knows no sheets and slides: in front of
 * each an empty link is slipped in, which comes out again as what Tika shows for those of other formats.
 */
final class OpenDocumentContent implements Parser {

    private static final long serialVersionUID = 1L;

    private static final String OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
    private static final String TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
    private static final String DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0";
    private static final String XLINK = "http://www.w3.org/1999/xlink";
    private static final QName SPREADSHEET = new QName(OFFICE, "spreadsheet");
    private static final QName PRESENTATION = new QName(OFFICE, "presentation");
    private static final QName SHEET = new QName(TABLE, "table");
    private static final QName SHEET_NAME = new QName(TABLE, "name");
    private static final QName SLIDE = new QName(DRAW, "page");

    private static final String SHEET_LINK = "kb-sheet:";
    private static final String SLIDE_LINK = "kb-slide:";

    private final OpenDocumentContentParser parser = new OpenDocumentContentParser();

    @Override
    public Set<MediaType> getSupportedTypes(ParseContext context) {
        return Set.of(); // only what its container hands to it
    }

    @Override
    public void parse(InputStream stream, ContentHandler handler, Metadata metadata, ParseContext context)
            throws IOException, SAXException, TikaException {
        try {
            XMLEventReader events = XMLReaderUtils.getXMLInputFactory().createXMLEventReader(stream);
            parser.parse(new LinkedXml(events), new LinkReader(handler), metadata, context);
        } catch (XMLStreamException e) {
            throw new TikaException("XML parse error", e);
        } catch (IOException e) {
            if (e.getCause() instanceof XMLStreamException malformed) {
                throw new TikaException("XML parse error", malformed);
            }
            throw e;
        }
    }

    /** The same XML with a link in front of each sheet and slide, written as far as it is read. */
    private static final class LinkedXml extends InputStream {

        private final XMLEventFactory factory = XMLEventFactory.newFactory();
        private final XMLEventReader events;
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private final XMLEventWriter writer;
        private byte[] bytes = {};
        private int position;
        private boolean inSpreadsheet;
        private boolean inPresentation;
        private int tableDepth;

        LinkedXml(XMLEventReader events) throws XMLStreamException {
            this.events = events;
            this.writer = XMLOutputFactory.newFactory().createXMLEventWriter(written, "UTF-8");
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (position == bytes.length && !fill()) {
                return -1;
            }
            int read = Math.min(length, bytes.length - position);
            System.arraycopy(bytes, position, target, offset, read);
            position += read;
            return read;
        }

        private boolean fill() throws IOException {
            try {
                written.reset();
                while (written.size() == 0 && events.hasNext()) {
                    copy(events.nextEvent());
                    writer.flush();
                }
            } catch (XMLStreamException e) {
                throw new IOException(e);
            }
            bytes = written.toByteArray();
            position = 0;
            return bytes.length > 0;
        }

        private void copy(XMLEvent event) throws XMLStreamException {
            if (event.isStartElement()) {
                link(event.asStartElement());
            } else if (event.isEndElement() && event.asEndElement().getName().equals(SHEET)) {
                tableDepth--;
            }
            if (event.getEventType() != XMLEvent.DTD) {
                writer.add(event);
            }
        }

        private void link(StartElement start) throws XMLStreamException {
            QName name = start.getName();
            inSpreadsheet |= name.equals(SPREADSHEET);
            inPresentation |= name.equals(PRESENTATION);
            if (name.equals(SLIDE) && inPresentation) {
                add(SLIDE_LINK);
            } else if (name.equals(SHEET)) {
                Attribute sheetName = start.getAttributeByName(SHEET_NAME);
                if (inSpreadsheet && tableDepth == 0 && sheetName != null) { // none within a cell
                    add(SHEET_LINK + sheetName.getValue());
                }
                tableDepth++;
            }
        }

        private void add(String address) throws XMLStreamException {
            writer.add(factory.createStartElement(
                    "kb-draw",
                    DRAW,
                    "a",
                    List.of(factory.createAttribute("kb-xlink", XLINK, "href", address))
                            .iterator(),
                    List.of(factory.createNamespace("kb-draw", DRAW), factory.createNamespace("kb-xlink", XLINK))
                            .iterator()));
            writer.add(factory.createEndElement("kb-draw", DRAW, "a"));
        }
    }

    /** Takes the links as what they stand for. */
    private static final class LinkReader extends ContentHandlerDecorator {

        LinkReader(ContentHandler handler) {
            super(handler);
        }

        @Override
        public void startElement(String uri, String localName, String qName, Attributes attributes)
                throws SAXException {
            String address = localName.equals("a") ? attributes.getValue("href") : null;
            if (address != null && address.startsWith(SHEET_LINK)) {
                char[] name = address.substring(SHEET_LINK.length()).toCharArray();
                begin("div", "sheet");
                begin("h1", null);
                characters(name, 0, name.length);
                end("h1");
                end("div");
            } else if (address != null && address.startsWith(SLIDE_LINK)) {
                begin("div", "slide-content");
                end("div");
            }
            super.startElement(uri, localName, qName, attributes);
        }

        private void begin(String element, @Nullable String tikaClass) throws SAXException {
            AttributesImpl attributes = new AttributesImpl();
            if (tikaClass != null) {
                attributes.addAttribute("", "class", "class", "CDATA", tikaClass);
            }
            super.startElement(XHTMLContentHandler.XHTML, element, element, attributes);
        }

        private void end(String element) throws SAXException {
            super.endElement(XHTMLContentHandler.XHTML, element, element);
        }
    }
}
